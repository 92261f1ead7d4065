"""The accounts: what is published, fixed beforehand, found wrong, measured."""
