"""Every service has its address, and a key never goes out over plain http."""

from __future__ import annotations

import pytest

from didww_async.environments import services_of
from didww_async.errors import ConfigurationError


@pytest.mark.parametrize(
    ("environment", "api", "token"),
    [
        ("production", "https://api.didww.com/v3", "https://auth.didww.com"),
        ("sandbox", "https://sandbox-api.didww.com/v3", "https://auth-sandbox.didww.com"),
    ],
)
def test_each_environment_has_its_own_hosts(environment: str, api: str, token: str) -> None:
    services = services_of(environment)
    assert services["api"] == api
    assert services["token"] == token
    assert set(services) == {"api", "token", "voice_in", "voice_out", "sms"}


def test_a_base_url_of_its_own_takes_the_other_services_along() -> None:
    services = services_of("sandbox", "http://127.0.0.1:8080/v3/")
    assert services["api"] == "http://127.0.0.1:8080/v3"
    assert services["token"] == "http://127.0.0.1:8080"
    assert services["voice_in"] == "http://127.0.0.1:8080/voice_in/v3"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_is_for_the_loopback(host: str) -> None:
    assert services_of("sandbox", f"http://{host}:9/v3")["api"] == f"http://{host}:9/v3"


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("http://api.example.com/v3", "plain http is for the loopback only"),
        ("http://127.0.0.1.example.com/v3", "plain http is for the loopback only"),
        ("ftp://api.example.com", "base_url must be an address"),
        ("api.example.com/v3", "base_url must be an address"),
        ("https://user:secret@api.example.com/v3", "without credentials"),
        ("https:///v3", "base_url must be an address"),
    ],
)
def test_an_address_that_would_not_do_is_refused(base_url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        services_of("production", base_url)
    assert "secret" not in str(refused.value)


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'sandbox' or 'production'; got 'staging'"):
        services_of("staging")
