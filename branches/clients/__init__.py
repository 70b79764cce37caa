"""The servers that the portal asks about a company, one module each; all on `opco_portal.upstream`."""
