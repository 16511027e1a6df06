"""What tests share: a simulated log with all its participants, honest or not."""
