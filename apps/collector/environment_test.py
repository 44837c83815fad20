"""Which variables count."""

from collector.main import without_service_links


def test_only_links_to_services_are_dropped() -> None:
    """What Kubernetes sets for a Service of our name goes; a port that somebody set stays."""
    environment = {
        "SPARTAKUS_PORT": "tcp://10.0.0.1:80",
        "SPARTAKUS_ADMIN_PORT": "9090",
        "SPARTAKUS_DATABASE": "http://collector",
        "OTHER_PORT": "tcp://10.0.0.2:80",
    }
    assert without_service_links(environment) == {
        "SPARTAKUS_ADMIN_PORT": "9090",
        "SPARTAKUS_DATABASE": "http://collector",
        "OTHER_PORT": "tcp://10.0.0.2:80",
    }
