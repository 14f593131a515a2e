"""The local key that manifests are signed with, and the certificates that say whose.

A leaf's key signs, and its certificate is signed by a CA, as C2PA asks for; the CA's
own key is thrown away at once, so that it never signs another one.
"""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.errors import CredentialsError

SIGNING, TRUSTED = "signing.pem", "trusted.pem"

_ORGANIZATION = "crawl-and-dream"
_YEARS = timedelta(days=365 * 20)  # nobody stamps the time: later than that none holds
_SLACK = timedelta(days=1)  # clocks differ
_NO_USAGE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment"),
        *("data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
        *("encipher_only", "decipher_only"),
    ),
    False,
)


@dataclass(frozen=True)
class SigningKey:
    """A private key and the certificates of leaf and CA, in PEM."""

    private_key: bytes
    certificates: bytes

    @property
    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.certificates)[0]

    @property
    def ca(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.certificates)[-1]


def create(folder: Path, name: str, *, now: datetime) -> SigningKey:
    """A new key in that folder, in the place of one that is there.

    What the former one signed stays trusted: its CA is not taken off the list.

    Raises:
        CredentialsError: the folder cannot be written, or the name is none.
    """
    try:
        key = _made(name, now)
    except ValueError as exc:
        raise CredentialsError(f"a certificate cannot be for {name!r}: {exc}") from exc
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trusted = folder / TRUSTED
        before = trusted.read_bytes() if trusted.exists() else b""
        _write(trusted, _pem([key.ca]) + before)
        _write(folder / SIGNING, key.private_key + key.certificates)
    except OSError as exc:
        raise CredentialsError(f"{folder} cannot be written: {exc.strerror}") from exc
    return key


def load(folder: Path, *, now: datetime) -> SigningKey | None:
    """The key of that folder, if there is one, and it can sign.

    Raises:
        CredentialsError: it cannot.
    """
    path = folder / SIGNING
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise CredentialsError(f"{path} cannot be read: {exc.strerror}") from exc
    try:
        return _checked(content, now)
    except (ValueError, TypeError, InvalidSignature) as exc:
        reason = str(exc) or "a certificate is not signed by the next one"
        raise CredentialsError(
            f"{path} cannot be used: {reason}; put it back, or make another one with "
            "`crawl-and-dream credentials init --replace`"
        ) from exc


def trusted(folder: Path) -> str:
    """The certificates whose signatures are trusted, in PEM; empty if there are none.

    Raises:
        CredentialsError: they cannot be read.
    """
    path = folder / TRUSTED
    try:
        content = path.read_bytes()
        certificates = x509.load_pem_x509_certificates(content)
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise CredentialsError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise CredentialsError(f"{path} has no certificates: {exc}") from exc
    return _pem(certificates).decode()


def fingerprint(certificate: x509.Certificate) -> str:
    """What two people compare: the SHA-256 of a certificate."""
    return certificate.fingerprint(SHA256()).hex()


def name_of(certificate: x509.Certificate) -> str:
    """Whom a certificate is for."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _checked(content: bytes, now: datetime) -> SigningKey:
    private = load_pem_private_key(content, None)
    leaf, *above = x509.load_pem_x509_certificates(content)
    if not isinstance(private, EllipticCurvePrivateKey) or not above:
        raise ValueError("an EC key and the certificates of leaf and CA are needed")
    if private.public_key() != leaf.public_key():
        raise ValueError("the certificate is of another key")
    for one, issuer in zip([leaf, *above], above, strict=False):
        one.verify_directly_issued_by(issuer)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
        raise ValueError(f"its certificate holds from {begin:%F} to {end:%F}")
    return SigningKey(_private_pem(private), _pem([leaf, *above]))


def _made(name: str, now: datetime) -> SigningKey:
    authority, own = (generate_private_key(SECP256R1()) for _ in range(2))
    issuer, subject = _name(f"{name} (CA)"), _name(name)
    ca = (
        _certificate(issuer, issuer, authority.public_key(), authority, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(authority, SHA256())
    )
    email = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    leaf = (
        _certificate(subject, issuer, own.public_key(), authority, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(email, critical=False)  # C2PA wants one of a few usages
        .sign(authority, SHA256())
    )
    return SigningKey(_private_pem(own), _pem([leaf, ca]))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePublicKey,
    authority: EllipticCurvePrivateKey,
    now: datetime,
) -> x509.CertificateBuilder:
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        authority.public_key()
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + _YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(of_issuer, critical=False)
    )


def _name(common: str) -> x509.Name:
    said = {NameOID.ORGANIZATION_NAME: _ORGANIZATION, NameOID.COMMON_NAME: common}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in said.items()])


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**_NO_USAGE | dict.fromkeys(allowed, True))


def _pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def _private_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for nobody else's eyes from the first byte on."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        Path(part).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise
