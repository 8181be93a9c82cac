"""interfaces.sms.providers.sigv4: the vectors that AWS has published, and a request that botocore 1.44 has signed."""

import pytest

from interfaces.sms.providers.sigv4 import Key, sign

KEY = Key(
    id="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region="us-east-1", service="service"
)
NOW = 1_440_938_160.0  # 2015-08-30T12:36:00Z
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "rest", "headers", "body", "signature"),
    [
        ("GET", "/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param2=value2&Param1=value1", {}, b"",
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("GET", "/?Param1=value2&Param1=Value1", {}, b"",
         "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"),
        ("POST", "/", FORM, b"Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        ("GET", "/", {"My-Header1": " value1", "My-Header2": ' "a   b   c"'}, b"",
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ],
)  # fmt: skip
def test_the_published_vectors(method, rest, headers, body, signature):
    """get-vanilla, post-vanilla, queries in any order, a form, and headers with blanks."""
    made = sign(method, f"https://example.amazonaws.com{rest}", headers, body, key=KEY, now=NOW)
    names = ";".join(sorted(["host", "x-amz-date", *(name.lower() for name in headers)]))
    assert made["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    assert (made["host"], made["x-amz-date"]) == ("example.amazonaws.com", "20150830T123600Z")


def test_a_request_as_botocore_signs_it():
    """JSON for End User Messaging, with a temporary key."""
    key = Key(id=KEY.id, secret=KEY.secret, region="eu-west-1", service="sms-voice", token="session/token==")
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "PinpointSMSVoiceV2.SendTextMessage",
    }
    body = b'{"DestinationPhoneNumber": "+41790000001", "MessageBody": "Hi"}'
    made = sign("POST", "https://sms-voice.eu-west-1.amazonaws.com/", headers, body, key=key, now=NOW)
    assert made["x-amz-security-token"] == "session/token=="
    assert made["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/sms-voice/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
        "Signature=e9b64e054f9afd3afbdc32c52086b99c2a1f5a3bfe0ac666d2a4e843a41bd521"
    )


def test_no_secret_is_shown():
    """Neither the key nor the token."""
    made = repr(Key(id="AKID", secret="s3cret", region="r", service="s", token="t0ken"))
    assert "s3cret" not in made and "t0ken" not in made and "AKID" in made
