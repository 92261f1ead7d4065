"""What chapter 6 is asked once it has run."""

COMPARED = ["difference", "low", "high"]

FINDINGS = {
    "bake-networks": lambda c: {
        "like |z|": c.report_tables.like_z(c.board),
        "less record": c.beside_record[COMPARED].T.to_dict(),
        "less published": c.repaired[COMPARED].T.to_dict(),
    },
    "bake-live": lambda c: {"now": c.now, "kept": c.known},
}
