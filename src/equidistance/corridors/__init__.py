"""Corridors: which way cargo goes, through which powers, under which rules."""
