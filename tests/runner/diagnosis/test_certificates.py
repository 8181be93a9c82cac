"""What is said of certificates: dates, names, chain, key and permissions."""

import datetime as dt
import ssl

import pytest
import trustme

from interfaces.runner.diagnosis import certificates as module
from interfaces.runner.diagnosis.certificates import certificates
from interfaces.runner.options import ServeOptions, Sni

AUTHORITY = trustme.CA()
TODAY = dt.datetime.now(dt.UTC)


@pytest.fixture(autouse=True)
def trusting(monkeypatch):
    """Our authority is known on this machine."""

    def trusted():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        AUTHORITY.configure_trust(context)
        return context

    monkeypatch.setattr(module.ssl, "create_default_context", trusted)


def written(folder, *hosts, authority=AUTHORITY, name="it", mode=0o600, **more):
    """Options with a new certificate."""
    cert = authority.issue_cert(*hosts, **more)
    files = {"crt": cert.cert_chain_pems, "key": [cert.private_key_pem]}
    for suffix, blobs in files.items():
        (folder / f"{name}.{suffix}").write_bytes(b"".join(blob.bytes() for blob in blobs))
        (folder / f"{name}.{suffix}").chmod(mode)
    return ServeOptions(tls_cert=folder / f"{name}.crt", tls_key=folder / f"{name}.key")


def told(options, *hosts):
    """(level, what) of each."""
    return [(one.level, one.what) for one in certificates(options, hosts)]


def test_without_tls_nothing_is_said():
    """There is nothing to look at."""
    assert told(ServeOptions()) == []


def test_a_good_one_is_told_with_its_end_and_names(tmp_path):
    """One line, which is well."""
    ((level, what),) = told(written(tmp_path, "example.org", "www.example.org"), "example.org")
    assert level == "ok"
    assert what.startswith(f"{tmp_path}/it.crt is valid until ")
    assert what.endswith("for example.org, www.example.org")


@pytest.mark.parametrize(
    ("days", "level", "part"), [(-1, "error", "has expired, on "), (5, "warning", "expires on ")]
)
def test_the_end_of_a_certificate(tmp_path, days, level, part):
    """One that is over refuses everybody; one that soon is should have been renewed."""
    more = {
        "not_before": TODAY - dt.timedelta(days=30),
        "not_after": TODAY + dt.timedelta(days=days, hours=1),
    }
    ((found, what),) = told(written(tmp_path, "example.org", **more))
    assert (found, part in what) == (level, True)


def test_one_that_is_not_valid_yet(tmp_path):
    """The clock is the first thing to look at."""
    options = written(tmp_path, "example.org", not_before=TODAY + dt.timedelta(days=2))
    (finding,) = certificates(options)
    assert (finding.level, "not valid yet" in finding.what, "clock" in finding.mend) == ("error", True, True)


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("example.org", "EXAMPLE.org", True),
        ("*.example.org", "www.example.org", True),
        ("*.example.org", "a.b.example.org", False),
        ("example.org", "www.example.org", False),
    ],
)
def test_a_name_that_clients_ask_for(tmp_path, name, host, fits):
    """As they compare it: a star stands for one label."""
    levels = {level for level, _ in told(written(tmp_path, name), host)}
    assert ("error" in levels) is not fits


def test_the_certificate_of_a_host_name_is_for_it(tmp_path):
    """Those of --tls-sni too."""
    options = written(tmp_path, "example.org")
    written(tmp_path, "other.example", name="other")
    sni = Sni(hostname="shop.example", cert=tmp_path / "other.crt", key=tmp_path / "other.key")
    ours = ServeOptions(tls_cert=options.tls_cert, tls_key=options.tls_key, tls_sni=(sni,))
    assert ("error", f"{tmp_path}/other.crt is not for shop.example, but for other.example") in told(ours)


def test_an_authority_that_nobody_knows(tmp_path):
    """A chain that does not lead anywhere is for clients that were told to trust it."""
    _, (level, what) = told(written(tmp_path, "example.org", authority=trustme.CA()))
    assert (level, "an authority that is not known here" in what) == ("warning", True)


def test_a_key_that_everybody_may_read(tmp_path):
    """Whoever has it can pose as the server."""
    (level, what), _ = told(written(tmp_path, "example.org", mode=0o644))
    assert (level, what) == ("warning", f"{tmp_path}/it.key may be read or written by everybody (644)")


def test_a_key_of_another_certificate(tmp_path):
    """serve would not start; how to mend it is said."""
    options = written(tmp_path, "example.org")
    written(tmp_path, "example.org", name="other")
    (finding,) = certificates(ServeOptions(tls_cert=options.tls_cert, tls_key=tmp_path / "other.key"))
    assert (finding.level, "does not belong" in finding.what) == ("error", True)
    assert finding.mend.startswith("point --tls-key to the key")


def test_one_that_is_not_there(tmp_path):
    """Named, with its path."""
    (finding,) = certificates(ServeOptions(tls_cert=tmp_path / "none.crt"))
    assert (finding.level, str(tmp_path / "none.crt") in finding.what) == ("error", True)
    assert "correct the path" in finding.mend
