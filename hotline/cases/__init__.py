"""Cases, their assignments to units and the crews' tasks: rules, deadlines, taxonomy."""
