"""What a link to a CRM carries: pairings of channels with places there, the ledger, and what comes back."""
