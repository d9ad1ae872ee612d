"""The trust site's database: missions, presets, services, trust anchors, and every document that was published."""
