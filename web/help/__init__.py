"""Help: first steps and our words; and what this program is."""
