"""Pictures changed on purpose: attacks, defences against them, and what can be proved."""
