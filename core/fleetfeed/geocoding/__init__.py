"""Where clusters and locations lie: asked of geocoders, guarded, cached, budgeted, handed on to the tickets."""
