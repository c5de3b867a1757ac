"""The report's charts, one module per subject; each chart is a pair of PNG files, for light pages and for dark."""
