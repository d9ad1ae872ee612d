"""A mail server in this process: enough of RFC 5321 and RFC 3207 to take a mail, ask for a password, refuse, or hang."""

import socket
import ssl
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"


@dataclass
class Taken:
    """One mail as it arrived."""

    sender: str
    to: list[str]
    raw: bytes
    was_encrypted: bool
    login: str | None

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class SmtpServer:
    """`security` as in adapters.smtp. `refuses` is a verb that is answered 550, `hangs` one that is not answered at all,
    `then` what is said to a mail."""

    folder: Path
    security: str = "starttls"
    refuses: str = ""
    hangs: str = ""
    then: str = "250 taken"
    port: int = 0
    taken: list[Taken] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["SmtpServer"]:
        self.write_certificate()
        with socket.create_server((HOST, 0)) as listener:
            self.port = listener.getsockname()[1]
            thread = Thread(target=self._serve, args=(listener,), daemon=True)
            thread.start()
            yield self
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    @property
    def client_context(self) -> ssl.SSLContext:
        """Of a client that trusts this server and nobody else."""
        return ssl.create_default_context(cafile=str(self.folder / "server.pem"))

    def write_certificate(self) -> None:
        key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
            .sign(key, SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "server.pem").write_bytes(private + certificate.public_bytes(Encoding.PEM))

    def _serve(self, listener: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem")
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with suppress(OSError):
                _Conversation(self, context, connection).talk()


class _Conversation:
    def __init__(self, server: SmtpServer, context: ssl.SSLContext, connection: socket.socket) -> None:
        self.server, self.context, self.connection = server, context, connection
        self.lines = connection.makefile("rb")
        self.mail = Taken("", [], b"", False, None)

    def talk(self) -> None:
        try:
            if self.server.security == "tls":
                self.encrypt()
            self.say("220 mail.example")
            while line := self.lines.readline():
                verb, _, rest = line.decode().strip().partition(" ")
                if not self.answer(verb.upper(), rest):
                    return
        finally:
            self.lines.close()
            self.connection.close()

    def answer(self, verb: str, rest: str) -> bool:
        """Whether the conversation goes on."""
        if verb == self.server.hangs:
            self.lines.read()
        elif verb == self.server.refuses:
            self.say("550 no")
        elif verb == "STARTTLS":
            self.say("220 go on")
            self.encrypt()
        elif verb == "EHLO":
            can_encrypt = self.server.security == "starttls" and not self.mail.was_encrypted
            self.say("250-mail.example", *(["250-STARTTLS"] if can_encrypt else []), "250 AUTH PLAIN")
        elif verb == "AUTH":
            self.mail.login = b64decode(rest.split(" ")[1]).decode()
            self.say("235 welcome")
        elif verb == "DATA":
            self.take()
        else:
            if verb == "MAIL":
                self.mail.sender = _between(rest)
            if verb == "RCPT":
                self.mail.to.append(_between(rest))
            self.say("221 bye" if verb == "QUIT" else "250 ok")
        return verb not in ("QUIT", self.server.hangs)

    def take(self) -> None:
        self.say("354 go on")
        while (line := self.lines.readline()) not in (b".\r\n", b""):
            self.mail.raw += line.removeprefix(b".") if line.startswith(b"..") else line
        self.server.taken.append(self.mail)
        self.say(self.server.then)

    def encrypt(self) -> None:
        self.lines.close()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.lines, self.mail.was_encrypted = self.connection.makefile("rb"), True

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())


def _between(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
