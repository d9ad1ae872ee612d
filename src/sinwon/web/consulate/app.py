"""The consulate's application: routes behind the shared middleware. Screens of the console are not part of it yet."""

from sinwon.services.enrolment.consulate import Consulate
from sinwon.web.consulate.applicants import applicant_routes
from sinwon.web.consulate.handlers import MAX_BODY
from sinwon.web.consulate.officers import officer_routes
from sinwon.web.consulate.problems import PROBLEMS
from sinwon.web.consulate.registers import register_routes
from sinwon.web.shared.app import RoleApp, make_app


def consulate_app(consulate: Consulate) -> RoleApp:
    statuses = {code: problem.status for code, problem in PROBLEMS.items()}
    routes = [*applicant_routes(consulate), *officer_routes(consulate), *register_routes(consulate)]
    return make_app(routes, origin=consulate.origin, statuses=statuses, max_body=MAX_BODY)
