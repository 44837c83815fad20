"""The main job from end to end: a cluster, a volunteer, a collector, the census."""
