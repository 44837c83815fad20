"""The volunteer: looks at a cluster, makes an anonymous report, delivers it."""
