"""Which assets tell of a colour or a label, and what assets tell."""

CLEARLY_VISIBLE = 0.03  # of the picture: less is not seen by who looks for the colour
