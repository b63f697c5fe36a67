"""How a model runs fastest on this machine, and copies that run faster."""
