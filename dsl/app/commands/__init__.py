"""The commands of `nn`, one file each."""
