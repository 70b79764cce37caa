"""Who may do what in the administration, and what every part of it shares: site, groups, second factor, search."""
