"""The volunteer: observes a cluster, makes an anonymous report, delivers it."""
