"""RDS's root certificates, as they are carried in src/presets/rds_ca."""

import datetime
import pathlib

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

FOLDER = pathlib.Path(__file__).parents[2] / "src" / "presets" / "rds_ca"
FILES = sorted(FOLDER.glob("*.pem"))
# They end in 2061, 2062, 2121 and 2122: a file that has an older kind in it is not what AWS signs with now.
GOOD_UNTIL = datetime.datetime(2060, 1, 1, tzinfo=datetime.timezone.utc)


def test_there_is_a_file_for_each_region():
    table = (FOLDER.parent / "rds_ca.rs").read_text()
    assert len(FILES) == 36
    for file in FILES:
        assert f'("{file.stem}", include_str!("rds_ca/{file.name}")),' in table


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_region_has_its_own_three_roots(file):
    roots = x509.load_pem_x509_certificates(file.read_bytes())
    names = [root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value for root in roots]
    assert names == [f"Amazon RDS {file.stem} Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")]
    for root in roots:
        root.verify_directly_issued_by(root)
        assert root.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "Amazon Web Services, Inc."
        assert root.not_valid_after_utc > GOOD_UNTIL
        assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
