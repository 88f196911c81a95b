"""Where a provider may be that was added over REST."""

from ipaddress import ip_address

import pytest

from palaver.model_router.addresses import Addresses

pytestmark = pytest.mark.attack

PUBLIC = Addresses()
PRIVATE = Addresses(private_networks=True)
NAMED = Addresses(hosts=frozenset({"169.254.1.1", "vllm", "*.svc.cluster.local"}))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "https://api.example.com:8443/v1",
        "https://93.184.216.34/v1",
        "http://localhost:11434/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000/v1",
    ],
)
def test_what_is_public_or_on_this_machine_may_be_called(url: str) -> None:
    PUBLIC.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",  # keys would travel in clear
        "http://93.184.216.34/v1",
        "ftp://api.example.com",
        "https://",
        "https:///v1",
        "https://user:secret@api.example.com/v1",
        "https://api.example.com/v1?to=10.0.0.1",
        "https://api.example.com/v1#a",
        "https://api.example.com:99999/v1",
        "https://10.0.0.1/v1",
        "https://192.168.1.1/v1",
        "https://100.64.0.1/v1",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/v1",
        "https://[fd00:ec2::254]/v1",
        "https://[::ffff:169.254.169.254]/v1",
        "https://[::ffff:10.0.0.1]/v1",
        "https://[64:ff9b::a9fe:a9fe]/v1",
        "https://[2002:a9fe:a9fe::1]/v1",
        "https://0.0.0.0/v1",
        "https://2852039166/v1",  # 169.254.169.254 to many a resolver
        "https://0xa9fea9fe/v1",
        "https://0251.0376.0251.0376/v1",
        "https://127.1/v1",
        "https://api..example.com/v1",
        "https://[::1/v1",
    ],
)
def test_all_else_may_not(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        PUBLIC.check(url)


@pytest.mark.parametrize("url", ["http://10.0.0.1:8000/v1", "https://192.168.1.1/v1", "http://[fd00::1]/v1"])
def test_an_operator_may_allow_private_networks(url: str) -> None:
    PRIVATE.check(url)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "100.100.100.200", "fe80::1", "fd00:ec2::254", "224.0.0.1", "240.0.0.1"]
)
def test_the_metadata_of_machines_are_in_no_allowed_network(address: str) -> None:
    assert not PRIVATE.allows(ip_address(address))


@pytest.mark.parametrize("url", ["http://vllm:8000/v1", "http://a.svc.cluster.local/v1", "https://169.254.1.1/v1"])
def test_what_the_operator_names_is_trusted(url: str) -> None:
    NAMED.check(url)


@pytest.mark.parametrize("url", ["http://vllm.evil.example/v1", "http://svc.cluster.local.evil.example/v1"])
def test_and_nothing_that_merely_looks_like_it(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        NAMED.check(url)


def test_what_the_operator_wrote_into_the_catalogue_is_trusted() -> None:
    Addresses().trusting(["http://10.1.2.3:8000/v1"]).check("http://10.1.2.3/other")
