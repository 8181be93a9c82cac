"""The table section → test has no gaps."""

from importlib import import_module

from tests.http_ws.sections import SECTIONS

FILES = (
    "test_wire_ws", "test_deflate", "test_handshake", "test_mask", "test_wire_h1", "test_answer",
    "test_translate", "test_connection", "test_request", "test_huffman", "test_hpack_tables", "test_hpack",
    "test_hpack_encoder", "test_hpack_oracle", "test_frames_h2", "test_flows_h2", "test_heads_h2",
    "test_sending_h2", "test_control_h2", "test_wire_h2", "test_wire_h2_oracle", "test_upgrade_h2",
)  # fmt: skip


def _proven() -> dict[str, list[str]]:
    proven: dict[str, list[str]] = {}
    for file in FILES:
        for name, test in vars(import_module(f"tests.http_ws.{file}")).items():
            if name.startswith("test_"):
                for section in getattr(test, "proves", ()):
                    proven.setdefault(section, []).append(f"{file}.{name}")
    return proven


def test_every_section_has_a_test() -> None:
    """No section of the table is without a test."""
    assert not SECTIONS.keys() - _proven().keys()


def test_every_test_names_a_known_section() -> None:
    """No test claims a section that the table does not have."""
    assert not _proven().keys() - SECTIONS.keys()
