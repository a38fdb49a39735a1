"""What the product relies on and no library promises. After an upgrade, a failure here says where to look."""
