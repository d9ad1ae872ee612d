"""Mail over SMTP (RFC 5321), encrypted: TLS from the start (RFC 8314) or STARTTLS (RFC 3207), never neither but to loopback.

One connection for each mail: notices are few, and a server that hangs delays one. Whatever goes wrong is MessageNotSent, whose
words hold no address. Does not wait for bounces.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from re import compile as pattern
from typing import Final, Literal

from sinwon.core.clock import Clock
from sinwon.core.fetch import LOOPBACK
from sinwon.core.refusal import Fault
from sinwon.services.notify.message import LONGEST_MAIL, Mail, MessageNotSent

Security = Literal["tls", "starttls", "none"]
TIMEOUT: Final = 10.0  # seconds for each step of the conversation: one server that hangs must not hold up every other notice
ATOM: Final = r"[^\x00-\x20\x7f\s()<>\[\]@,;:\\\".]+"
ADDRESS: Final = pattern(rf"(?=[^@]{{1,64}}@.{{1,190}}\Z){ATOM}(?:\.{ATOM})*@{ATOM}(?:\.{ATOM})*\Z")
"""One plain address, dot-atoms on both sides (RFC 5322 §3.4.1): nothing that could be read as a second one or as another
header, and nothing that the library cannot write."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """A MailPort."""

    host: str
    port: int
    sender: str
    clock: Clock
    security: Security = "starttls"
    user: str | None = None
    password: Callable[[], str] | None = None
    """Read anew for each mail, so that it can be changed while we run."""
    context: ssl.SSLContext | None = None
    """The system's authorities where None."""

    def __post_init__(self) -> None:
        if self.security == "none" and (self.host not in LOOPBACK or self.user is not None):
            raise Fault("mail without TLS is for loopback only, and without a password")

    def send(self, mail: Mail) -> None:
        if not ADDRESS.match(mail.to) or len(mail.text) > LONGEST_MAIL:
            raise MessageNotSent("not an address that mail goes to, or a text too long")
        try:
            message = self._message(mail)
            with closing(self._connected()) as server:
                server.send_message(message, from_addr=self.sender, to_addrs=[mail.to])
                _say_goodbye(server)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MessageNotSent(f"mail not taken: {type(error).__name__}") from None

    def _connected(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user is not None and self.password is not None:
                server.login(self.user, self.password())
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, mail: Mail) -> EmailMessage:
        """Text alone, marked as made by a machine so that no other machine answers it (RFC 3834)."""
        message = EmailMessage(policy=SMTP)
        message["Subject"] = mail.subject
        message["From"] = Address(addr_spec=self.sender)
        message["To"] = Address(addr_spec=mail.to)
        message["Date"] = formatdate(self.clock())
        message["Message-ID"] = f"<{mail.id}@{self.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message["Content-Language"] = mail.language
        return message


def _say_goodbye(server: smtplib.SMTP) -> None:
    """The mail was taken: what goes wrong from here on does not make it sent twice."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
