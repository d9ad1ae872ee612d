"""The trust site of the tests: an in-memory Fetch that serves whatever documents a test puts on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sinwon.core.fetch import BODY_LIMIT, Answer, Unreachable
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.trust.catalogue import Catalogue, Mission, Preset, Service
from sinwon.protocols.trust.catalogue_document import sign_catalogue
from sinwon.protocols.trust.follow import Follower, Memory
from sinwon.protocols.trust.trust_list import sign_trust_list
from tests.world import NOW, TRUST, StandingClock, key, trust_anchors

DAY = 86_400
OPERATOR = key("operator")
LIST_URL = f"{TRUST}/trust-list.jwt"
CATALOGUE_URL = f"{TRUST}/catalogue.jwt"

LOGIN = Preset("login-basic", "로그인", "Sign-in", "L1", "세션", "Session", "동의", "Consent", (), ("name_ko",))
MINWON = Preset(
    "gov-minwon",
    "민원 신청",
    "Civil petition",
    "L2",
    "민원 종결까지",
    "Until the case closes",
    "민원 처리에 관한 법률",
    "Civil Petitions Treatment Act",
    ("name_ko", "birthdate"),
    ("contact.phone_number", "contact.email"),
)
MINWON_RRN = Preset(
    "gov-minwon-rrn",
    "주민등록번호가 필요한 민원 신청",
    "Civil petition that needs the RRN",
    "L3",
    "법령에 따름",
    "As the statute says",
    "시험용 법령",
    "A statute for tests",
    ("name_ko", "birthdate", "linkage.rrn"),
    ("contact.address",),
)


def service(name: str, *, status: str = "live", presets: tuple[str, ...] = ("login-basic", "gov-minwon")) -> Service:
    return Service(
        name,
        f"시험 {name}",
        f"Test {name}",
        "시험 기관",
        "Test body",
        "live" if status == "live" else "planned",
        presets,
        date(2024, 7, 3) if status == "live" else None,
        demonstration=True,
    )


def catalogue(sequence: int = 1, *, now: int = NOW, lifetime: int = DAY) -> Catalogue:
    missions = (
        Mission("zz01", "zz-test", "시험 공관", "Test mission", "대사관", "ZZ", "아태", "Asia/Seoul", date(2024, 7, 3)),
    )
    services = (
        service("alpha", presets=("login-basic", "gov-minwon", "gov-minwon-rrn")),
        service("beta"),
        service("later", status="planned"),
    )
    return Catalogue(sequence, now, now + lifetime, missions, (LOGIN, MINWON, MINWON_RRN), services, {"ZY": "zz01"})


def list_token(
    sequence: int = 1, *, anchors: TrustAnchors | None = None, signer: str = "operator", now: int = NOW, lifetime: int = DAY
) -> str:
    return sign_trust_list(
        anchors or trust_anchors(),
        sequence=sequence,
        operator_name="Test operator",
        operator=key(signer),
        now=now,
        next_update=now + lifetime,
    )


def catalogue_token(sequence: int = 1, *, now: int = NOW, lifetime: int = DAY) -> str:
    return sign_catalogue(catalogue(sequence, now=now, lifetime=lifetime), operator=OPERATOR)


@dataclass
class Site:
    """Serves `pages` and counts what was asked. A page that is missing is unreachable; one beyond the limit too."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def publish(self, trust_list: str | None = None, catalogue: str | None = None) -> None:
        self.pages[LIST_URL] = (trust_list or list_token()).encode()
        self.pages[CATALOGUE_URL] = (catalogue or catalogue_token()).encode()

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        self.asked.append(url)
        body = self.pages.get(url)
        if body is None or len(body) > limit:
            raise Unreachable("test")
        etag = f'"{hash(body)}"'
        if (headers or {}).get("if-none-match") == etag:
            return Answer(304, {"etag": etag}, b"")
        return Answer(200, {"content-type": accept, "etag": etag}, body)

    def post(self, url: str, body: bytes, **_: object) -> Answer:
        raise Unreachable(f"nothing is posted to the trust site, least of all {len(body)} bytes to {url}")


@dataclass
class Remembered:
    """A Memory in a dictionary."""

    documents: dict[str, str] = field(default_factory=dict)

    def recall(self, document: str) -> str | None:
        return self.documents.get(document)

    def remember(self, document: str, token: str) -> None:
        self.documents[document] = token


def follower(site: Site, clock: StandingClock, alarms: list[tuple[str, str]], memory: Memory | None = None) -> Follower:
    return Follower(
        site,
        clock,
        parse_public_jwk(OPERATOR.public_jwk),
        origin=TRUST,
        alarm=lambda name, why: alarms.append((name, why)),
        memory=memory,
        every=300,
    )
