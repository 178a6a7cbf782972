"""Networks that came from medicine: the U-Net, and what belongs to it."""
