"""The weekly look at the rules: which source pages no longer answer, and what is about to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from financing import attention, source_pages
from financing.calculator.rules import Payment
from financing.models import Criteria, FundsStatus, Rule, SourcePage
from financing.preview import funds_in_words
from financing.words import payer_of
from opco_portal.french import day, plural, typeset


@dataclass(frozen=True)
class Report:
    """What was found: how many pages were asked, those that failed, and what ends within thirty days."""

    asked: int
    failing: Sequence[SourcePage]
    expiring: Sequence[Rule]
    reopening: Sequence[FundsStatus] = ()
    payments: Sequence[tuple[Criteria, Payment]] = ()

    @property
    def sentences(self) -> list[str]:
        """What calls for somebody, a sentence for each."""
        return [
            *(f"{page.url} {page.told}" for page in self.failing),
            *(ending(rule) for rule in self.expiring),
            *(
                typeset(f"{payer_of(row.envelope)}, « {row.envelope.label} » : {funds_in_words(row)}")
                for row in self.reopening
            ),
            *(payment_ending(row, payment) for row, payment in self.payments),
        ]

    @property
    def summary(self) -> str:
        """« 92 pages sources vérifiées, dont 1 en échec ; 3 règles se terminent sous 30 jours »."""
        asked = plural(self.asked, "page source vérifiée", "pages sources vérifiées")
        ends = plural(len(self.expiring), "règle se termine", "règles se terminent")
        return typeset(f"{asked}, dont {len(self.failing)} en échec ; {ends} sous 30 jours")


def watch(on: date) -> Report:
    """Ask every page that a rule of that day cites, and look for what ends soon."""
    urls = source_pages.cited(on)
    return Report(
        len(urls),
        source_pages.check(urls),
        list(attention.expiring(on)),
        list(attention.reopening(on)),
        attention.ending_payments(on),
    )


def payment_ending(row: Criteria, payment: Payment) -> str:
    """« AKTO, paiement « Subrogation possible » : jusqu’au 31 décembre 2026 »."""
    end = f"jusqu’au {day(payment.until)}" if payment.until else "sans fin"
    return typeset(f"{row.opco or 'Cadre national'}, paiement « {payment.text} » : {end}")


def ending(rule: Rule) -> str:
    """« AKTO, « Commerces de gros » : jusqu’au 31 décembre 2026, sans suite connue »."""
    end = f"jusqu’au {day(rule.until)}" if rule.until else "sans fin"
    return typeset(f"{payer_of(rule)}, « {rule.label} » : {end}, sans suite connue")
