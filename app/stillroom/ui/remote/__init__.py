"""Remote engines in the window: adding them, and asking one with consent."""
