"""How the book is made: execute the chapters, compare with the ledger, render the site.

None of this is needed to read a chapter or to use its helpers.
"""
