"""This machine: processor, graphics cards, memory and its speed."""
