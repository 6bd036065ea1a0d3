"""Working days, holidays and office hours: the calendar that working clocks run on."""
