"""Who a client is, where clients are held apart; and which requests nobody has to wait for."""

from ipaddress import IPv6Address, ip_address

from starlette.types import Scope

UNLIMITED = frozenset({"/livez", "/readyz", "/metrics"})
"""What tells whether the service is well must answer most of all when too much is asked of it."""
UNLIMITED_PREFIX = "/static/"
_IPV6_NETWORK_BITS = 64
"""Of an IPv6 address, a household or a machine has all that begin with these bits, so they are one client."""


def client_of(scope: Scope) -> str:
    """The address of a client, or its network where it can choose among many."""
    client = scope.get("client")
    if not client:
        return ""
    try:
        address = ip_address(client[0])
    except ValueError:
        return str(client[0])
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS))


def is_unlimited(scope: Scope) -> bool:
    """Whether a request is neither counted nor kept waiting."""
    path: str = scope["path"]
    return path in UNLIMITED or path.startswith(UNLIMITED_PREFIX)
