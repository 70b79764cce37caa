"""The order of belief and the statuses, on evidence made for the purpose."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from branches.lookup import (
    ActivityFact,
    AgreementFact,
    AttachmentFact,
    CompanyFact,
    CompanyGroup,
    EstablishmentFact,
    Evidence,
    Hit,
    OpcoFact,
    RecordFact,
    Reference,
    ShareFact,
    SourceFact,
    answer,
    parse,
)

TODAY = date(2026, 11, 23)
SIRET = "50103081100092"


def siro(opco, count, share):
    return AttachmentFact(opco, "siro", count, Decimal(share))


def approval(opco, on=date(2019, 3, 29)):
    return AttachmentFact(opco, "approval", document_date=on, url="https://www.legifrance.gouv.fr/x")


def manual(opco, start=date(2026, 1, 1), end=None):
    return AttachmentFact(opco, "manual", valid_from=start, valid_to=end, reason="arbitrage de la branche.")


def agreement(idcc="1486", *attachments, status="active", successor=None, title="Bureaux d’études"):
    return AgreementFact(idcc, title, status, successor, attachments)


def reference(*agreements, activities=(), sample=False):
    source = {"vintage": "juin 2026", "url": "https://www.data.gouv.fr/", "as_of": date(2026, 6, 1)}
    names = {"atlas": "Atlas", "akto": "AKTO", "ocapiat": "OCAPIAT"}
    return Reference(
        version=1,
        opcos={slug: OpcoFact(slug, name) for slug, name in names.items()},
        agreements={fact.idcc: fact for fact in agreements},
        activities={fact.code: fact for fact in activities},
        sources={
            "siro": SourceFact("siro", "Table SIRET-OPCO", sample=sample, loaded_rows=264, **source),
            "naf_sample": SourceFact("naf_sample", "Échantillon", **source),
            "activities": SourceFact("activities", "Table de passage", **(source | {"vintage": "2021"})),
        },
    )


def ask(text, known, on=TODAY, **evidence):
    return answer(parse(text), Evidence(known, **evidence), on=on)


def codes(found):
    return [message.code for message in found.messages]


def opcos(found):
    return [candidate.opco.slug for candidate in found.candidates]


class TestAgreement:
    def test_ninety_percent_of_the_establishments_decide(self):
        found = ask("1486", reference(agreement("1486", siro("atlas", 90, "0.9"), siro("akto", 10, "0.1"))))
        assert (found.status, opcos(found)) == ("found", ["atlas"])
        assert (found.best.confidence, found.best.basis) == ("deduced", "agreement")
        assert (found.best.share, found.best.establishments) == (Decimal("0.9"), 90)

    def test_below_ninety_percent_all_are_candidates_ranked(self):
        found = ask("1486", reference(agreement("1486", siro("akto", 11, "0.11"), siro("atlas", 89, "0.89"))))
        assert (found.status, opcos(found)) == ("ambiguous", ["atlas", "akto"])
        assert {candidate.confidence for candidate in found.candidates} == {"probable"}
        assert codes(found) == ["several_opcos"]

    def test_a_manual_attachment_in_force_beats_the_table(self):
        found = ask("1486", reference(agreement("1486", siro("atlas", 99, "0.99"), manual("akto"))))
        assert (found.status, opcos(found), found.best.basis) == ("found", ["akto"], "manual")
        assert "arbitrage de la branche" in found.best.reason

    @pytest.mark.parametrize(("day", "slug"), [(date(2025, 12, 31), "atlas"), (date(2026, 7, 1), "atlas")])
    def test_a_manual_attachment_counts_only_in_its_period(self, day, slug):
        fact = manual("akto", date(2026, 1, 1), date(2026, 7, 1))
        known = reference(agreement("1486", siro("atlas", 99, "0.99"), fact))
        assert opcos(ask("1486", known, on=day)) == [slug]
        assert opcos(ask("1486", known, on=date(2026, 6, 30))) == ["akto"]

    def test_without_establishments_an_order_speaks(self):
        found = ask("1486", reference(agreement("1486", approval("atlas"))))
        assert (found.status, opcos(found), found.best.share) == ("found", ["atlas"], None)
        assert "29\u00a0mars 2019" in found.best.reason

    def test_orders_that_name_two_opcos_leave_it_open(self):
        found = ask("1486", reference(agreement("1486", approval("atlas"), approval("akto"))))
        assert (found.status, set(opcos(found))) == ("ambiguous", {"atlas", "akto"})

    def test_a_list_to_be_confirmed_says_so(self):
        fact = AttachmentFact("akto", "list", url="https://www.akto.fr/", to_confirm=True)
        found = ask("1486", reference(agreement("1486", fact)))
        assert found.best.confidence == "probable"
        assert "confirmée" in found.best.reason

    def test_an_order_that_contradicts_the_table_is_shown(self):
        found = ask("1486", reference(agreement("1486", siro("atlas", 78, "1"), approval("akto"))))
        assert (opcos(found), codes(found)) == (["atlas"], ["disagreement"])
        assert "AKTO" in found.messages[0].text

    def test_a_manual_attachment_that_contradicts_the_table_says_who_says_what(self):
        found = ask("1486", reference(agreement("1486", siro("atlas", 9, "1"), manual("akto"))))
        assert "décision du portail retient AKTO" in found.messages[0].text
        assert "la table SIRET-OPCO cite Atlas" in found.messages[0].text

    def test_an_order_that_shares_the_agreement_contradicts_nothing(self):
        table = (siro("akto", 70, "0.7"), siro("ocapiat", 30, "0.3"))
        found = ask("8822", reference(agreement("8822", *table, approval("akto"), approval("ocapiat"))))
        assert codes(found) == ["several_opcos"]

    def test_a_merged_agreement_leads_to_the_end_of_the_chain(self):
        known = reference(
            agreement("0054", status="merged", successor="0055"),
            agreement("0055", status="merged", successor="3248"),
            agreement("3248", siro("akto", 10, "1"), title="Métallurgie"),
        )
        found = ask("0054", known)
        assert (found.status, opcos(found), found.best.idcc) == ("found", ["akto"], "3248")
        assert codes(found) == ["merged"]
        assert "3248" in found.messages[0].text

    def test_a_cycle_of_successors_ends(self):
        known = reference(
            agreement("0001", status="merged", successor="0002"),
            agreement("0002", status="merged", successor="0001"),
        )
        assert ask("0001", known).status == "not_attached"

    def test_an_agreement_that_no_source_attaches_says_so(self):
        found = ask("1486", reference(agreement("1486")))
        assert (found.status, codes(found)) == ("not_attached", ["agreement_without_opco"])

    @pytest.mark.parametrize("code", ["5100", "5501", "9998", "9999"])
    def test_escape_codes_are_explained_and_give_no_opco(self, code):
        found = ask(code, reference(agreement(code, status="escape")))
        assert (found.status, found.candidates, codes(found)) == ("not_attached", (), ["escape_code"])
        assert code in found.messages[0].text

    def test_an_unknown_idcc_that_is_a_naf_code_is_recognised(self):
        known = reference(activities=[ActivityFact("62.01", "Programmation informatique")])
        found = ask("6201", known)
        assert (found.status, codes(found)) == ("not_found", ["unknown_idcc", "looks_like_naf"])

    def test_an_untitled_agreement_shows_its_code_and_says_why(self):
        found = ask("0455", reference(agreement("0455", siro("akto", 1, "1"), title="")))
        assert found.status == "found"
        assert codes(found) == ["title_unpublished"]


class TestEstablishment:
    KNOWN = reference(
        agreement("1486", siro("atlas", 99, "0.99"), siro("akto", 1, "0.01")),
        agreement("9999", status="escape"),
    )

    def test_its_own_row_decides_not_its_agreement(self):
        found = ask(SIRET, self.KNOWN, establishment=EstablishmentFact(SIRET, "1486", "akto"))
        assert (found.status, opcos(found)) == ("found", ["akto"])
        assert (found.best.basis, found.best.confidence) == ("establishment", "certain")
        assert codes(found) == ["exception"]

    def test_overseas_the_manager_is_kept_apart(self):
        row = EstablishmentFact(SIRET, "1486", "atlas", "akto")
        found = ask(SIRET, self.KNOWN, establishment=row)
        assert (found.best.opco.slug, found.best.manager.slug) == ("atlas", "akto")
        assert codes(found) == ["manager"]

    def test_an_escape_code_keeps_the_declared_opco_and_is_explained(self):
        found = ask(SIRET, self.KNOWN, establishment=EstablishmentFact(SIRET, "9999", "akto"))
        assert (found.status, opcos(found), found.best.share) == ("found", ["akto"], None)
        assert codes(found) == ["escape_code"]

    def test_a_row_without_opco_is_not_an_error(self):
        found = ask(SIRET, self.KNOWN, establishment=EstablishmentFact(SIRET, None, None))
        assert (found.status, found.candidates, codes(found)) == ("not_attached", (), ["not_attached"])

    def test_a_row_with_an_agreement_and_no_opco_says_what_the_agreement_suggests(self):
        found = ask(SIRET, self.KNOWN, establishment=EstablishmentFact(SIRET, "1486", None))
        assert (found.status, opcos(found), found.best.confidence) == ("not_attached", ["atlas"], "deduced")

    def test_an_agreement_missing_from_the_reference_does_not_hide_the_opco(self):
        found = ask(SIRET, self.KNOWN, establishment=EstablishmentFact(SIRET, "4321", "akto"))
        assert (found.status, opcos(found), codes(found)) == ("found", ["akto"], ["agreement_unknown"])

    def test_an_absent_one_gets_its_likely_causes(self):
        found = ask(SIRET, self.KNOWN)
        assert found.status == "not_found"
        assert codes(found) == [
            "cause_recent",
            "cause_typo",
            "cause_closed",
            "cause_public",
            "cause_no_employee",
            "official_engine",
        ]
        assert SIRET in found.messages[-1].text

    def test_with_a_sample_absence_proves_nothing_and_that_comes_first(self):
        assert codes(ask(SIRET, reference(sample=True)))[0] == "sample"


class TestCompany:
    KNOWN = reference(agreement("1486"))

    def company(self, *groups):
        return CompanyFact("501030811", [CompanyGroup(*group) for group in groups])

    def test_siblings_of_one_opco_answer_for_the_company(self):
        found = ask(
            "501030811",
            self.KNOWN,
            company=self.company(
                ("1486", "atlas", None, 2), ("2120", "atlas", None, 1), (None, None, None, 1)
            ),
        )
        assert (found.status, opcos(found)) == ("found", ["atlas"])
        assert (found.best.establishments, found.best.idcc) == (3, "1486")
        assert codes(found) == ["unattached_siblings"]

    def test_siblings_of_several_opcos_leave_the_choice(self):
        found = ask(
            "501030811",
            self.KNOWN,
            company=self.company(("1486", "atlas", None, 1), ("1979", "akto", None, 3)),
        )
        assert (found.status, opcos(found)) == ("ambiguous", ["akto", "atlas"])
        assert found.best.share == Decimal("0.75")

    def test_a_company_without_opco(self):
        assert (
            ask("501030811", self.KNOWN, company=self.company((None, None, None, 2))).status == "not_attached"
        )

    def test_an_absent_company(self):
        assert ask("501030811", self.KNOWN, company=self.company()).status == "not_found"


class TestAbsentWithARecord:
    """A number that the table lacks and the directory of companies tells."""

    KNOWN = reference(
        agreement("1486", siro("atlas", 99, "0.99"), siro("akto", 1, "0.01")),
        agreement("1979", siro("akto", 9, "1"), title="Hôtels"),
        agreement("8822", siro("akto", 7, "0.7"), siro("ocapiat", 3, "0.3"), title="Scieries"),
        agreement("0054", status="merged", successor="1979", title="Ancienne"),
        agreement("2120", title="Banques"),
        agreement("9999", status="escape", title=""),
        activities=[
            ActivityFact("10.71C", "Boulangerie", "ocapiat", Decimal("0.9"), 36, "10"),
            ActivityFact("47.78C", "Commerces divers"),
        ],
    )

    def ask(self, *idccs, number=SIRET, is_open=True, company_wide=False, naf="", known=KNOWN):
        return ask(number, known, record=RecordFact(is_open, idccs, company_wide, naf))

    def test_one_agreement_is_deduced_and_says_who_attributes_it(self):
        found = self.ask("1486", naf="10.71C")
        assert (found.status, opcos(found), codes(found)) == ("found", ["atlas"], [])
        assert (found.best.basis, found.best.confidence) == ("agreement", "deduced")
        assert found.best.reason.startswith("L’Annuaire des entreprises attribue à cet établissement")

    def test_one_of_the_company_is_probable(self):
        found = self.ask("1486", company_wide=True)
        assert (found.status, found.best.confidence) == ("found", "probable")
        assert "attribue à l’entreprise" in found.best.reason

    def test_a_company_is_answered_like_an_establishment(self):
        found = self.ask("1486", number="501030811", company_wide=True)
        assert (found.query.kind, found.status, opcos(found)) == ("siren", "found", ["atlas"])

    def test_a_decision_of_the_portal_is_certain_for_the_agreement_not_for_the_establishment(self):
        found = self.ask("1486", known=reference(agreement("1486", manual("akto"))))
        assert (opcos(found), found.best.basis, found.best.confidence) == (["akto"], "manual", "deduced")

    def test_what_is_probable_for_the_agreement_is_no_surer_for_the_establishment(self):
        found = self.ask("8822")
        assert (found.status, opcos(found)) == ("ambiguous", ["akto", "ocapiat"])
        assert {one.confidence for one in found.candidates} == {"probable"}

    def test_several_agreements_are_all_candidates_and_the_payslip_decides(self):
        found = self.ask("1979", "1486")
        assert (found.status, [one.idcc for one in found.candidates]) == ("ambiguous", ["1979", "1486"])
        assert codes(found) == ["several_agreements"]

    def test_several_agreements_of_one_opco_answer(self):
        known = reference(agreement("1486", siro("atlas", 9, "1")), agreement("2120", siro("atlas", 9, "1")))
        found = self.ask("1486", "2120", known=known)
        assert (found.status, opcos(found), codes(found)) == ("found", ["atlas"] * 2, ["several_agreements"])

    def test_a_merged_agreement_leads_where_its_successor_does_and_says_so(self):
        found = self.ask("0054")
        assert (found.status, opcos(found), codes(found)) == ("found", ["akto"], ["merged"])

    def test_without_an_agreement_the_activity_is_an_indication(self):
        found = self.ask(naf="10.71C")
        assert (found.status, opcos(found), found.best.basis) == ("found", ["ocapiat"], "activity")
        assert (found.best.confidence, codes(found)) == ("indicative", ["activity_is_indicative"])

    def test_a_code_that_is_no_agreement_is_explained_and_leaves_the_word_to_the_activity(self):
        found = self.ask("9999", naf="10.71C")
        assert (found.best.basis, codes(found)) == ("activity", ["activity_is_indicative", "escape_code"])

    def test_beside_an_agreement_such_a_code_does_not_count(self):
        found = self.ask("9999", "1486")
        assert (found.status, opcos(found), codes(found)) == ("found", ["atlas"], ["escape_code"])

    def test_an_agreement_that_leads_nowhere_leaves_the_word_to_the_activity(self):
        assert self.ask("2120", naf="10.71C").best.basis == "activity"

    def test_an_agreement_that_is_not_known_is_told(self):
        found = self.ask("3998", "1486")
        assert (opcos(found), codes(found)) == (["atlas"], ["agreement_unknown"])

    def test_what_is_closed_is_told_first(self):
        assert codes(self.ask("9999", "1486", is_open=False)) == ["closed", "escape_code"]

    @pytest.mark.parametrize("naf", ["", "47.78C", "99.99Z"])
    def test_a_record_that_leads_nowhere_keeps_its_notes_and_the_causes(self, naf):
        found = self.ask("3998", is_open=False, naf=naf)
        assert (found.status, found.candidates) == ("not_found", ())
        assert codes(found)[:3] == ["closed", "agreement_unknown", "cause_recent"]

    def test_the_row_of_the_table_is_believed_before_any_record(self):
        record = RecordFact(True, ("1979",), False, "")
        row = EstablishmentFact(SIRET, "1486", "atlas")
        found = ask(SIRET, self.KNOWN, establishment=row, record=record)
        assert (opcos(found), found.best.confidence) == (["atlas"], "certain")


class TestActivity:
    def test_a_sample_gives_an_indication_and_says_so(self):
        known = reference(
            activities=[ActivityFact("62.01Z", "Programmation", "atlas", Decimal("0.92"), 36, "62")]
        )
        found = ask("62.01Z", known)
        assert (found.status, opcos(found)) == ("found", ["atlas"])
        assert (found.best.basis, found.best.confidence) == ("activity", "indicative")
        assert codes(found) == ["activity_is_indicative"]

    def test_without_a_sample_agreements_of_that_name_are_proposed(self):
        known = reference(
            agreement("1486", siro("atlas", 9, "1")), activities=[ActivityFact("70.22Z", "Conseil")]
        )
        found = ask("70.22Z", known, hits=[Hit(idcc="1486", matched="Conseil")])
        assert (found.status, opcos(found), found.best.basis) == ("ambiguous", ["atlas"], "text")
        assert ask("70.22Z", known).status == "not_found"

    @staticmethod
    def covered(*shares, sampled="akto"):
        """An activity of these agreements (None: « autres ») that has a sample too."""
        facts = tuple(ShareFact(idcc, Decimal(share)) for idcc, share in shares)
        return ActivityFact("62.01Z", "Programmation", sampled, Decimal("0.92"), 36, "62", shares=facts)

    def test_the_agreements_of_the_employees_replace_the_sample(self):
        activity = self.covered(("1486", "0.597"), ("2098", "0.033"), (None, "0.37"))
        known = reference(
            agreement("1486", siro("atlas", 99, "0.99"), siro("akto", 1, "0.01")),
            agreement("2098", siro("akto", 9, "1"), title="Prestataires"),
            activities=[activity],
        )
        found = ask("62.01Z", known)
        assert (found.status, opcos(found)) == ("found", ["atlas", "akto"])
        assert [(one.idcc, one.share, one.establishments) for one in found.candidates] == [
            ("1486", Decimal("0.597"), None),
            ("2098", Decimal("0.033"), None),
        ]
        assert {(one.basis, one.confidence, one.source.vintage) for one in found.candidates} == {
            ("activity", "indicative", "2021")
        }
        assert found.best.reason == (
            "En 2021, 59,7\u00a0% des salariés de cette activité relèvent de la convention "
            "«\u00a0Bureaux d’études\u00a0» (IDCC 1486), qui mène à Atlas."
        )
        assert codes(found) == ["activity_opco", "activity_is_indicative"]

    def test_without_ninety_percent_for_one_opco_it_stays_open_the_leading_opco_first(self):
        activity = self.covered(("0001", "0.4"), ("0002", "0.3"), ("0003", "0.25"), (None, "0.05"))
        known = reference(
            agreement("0001", siro("akto", 9, "1")),
            agreement("0002", siro("atlas", 9, "1")),
            agreement("0003", siro("atlas", 9, "1")),
            activities=[activity],
        )
        found = ask("62.01Z", known)
        assert (found.status, [one.idcc for one in found.candidates]) == (
            "ambiguous",
            ["0002", "0003", "0001"],
        )
        assert "55\u00a0% des salariés" in found.messages[0].text

    def test_an_agreement_of_several_opcos_counts_for_each_by_its_establishments(self):
        activity = self.covered(("8822", "0.5"), ("1486", "0.5"))
        known = reference(
            agreement("8822", siro("akto", 78, "0.78"), siro("atlas", 22, "0.22")),
            agreement("1486", siro("atlas", 9, "1")),
            activities=[activity],
        )
        found = ask("62.01Z", known)
        assert [(one.opco.slug, one.idcc) for one in found.candidates] == [
            ("atlas", "1486"),
            ("atlas", "8822"),
            ("akto", "8822"),
        ]
        assert found.status == "ambiguous"
        assert "50\u00a0% des salariés" in found.messages[0].text  # of conventions that lead to Atlas alone
        assert "peut mener à Atlas, parmi 2 OPCO" in found.candidates[1].reason

    def test_an_agreement_that_was_merged_since_leads_where_its_successor_does(self):
        known = reference(
            agreement("0054", status="merged", successor="3248", title="Métallurgie parisienne"),
            agreement("3248", siro("akto", 9, "1"), title="Métallurgie"),
            activities=[self.covered(("0054", "1"))],
        )
        best = ask("62.01Z", known).best
        assert (best.idcc, best.title, best.opco.slug) == ("0054", "Métallurgie parisienne", "akto")

    @pytest.mark.parametrize("shares", [[(None, "1")], [("1486", "1")], [("3998", "1")]])
    def test_shares_that_lead_nowhere_leave_the_word_to_the_sample(self, shares):
        found = ask("62.01Z", reference(agreement("1486"), activities=[self.covered(*shares)]))
        assert (found.status, opcos(found), found.best.idcc) == ("found", ["akto"], None)

    def test_shares_without_a_sample_speak_alone(self):
        activity = replace(self.covered(("1486", "1")), opco="", share=None, establishments=None)
        found = ask("62.01Z", reference(agreement("1486", siro("atlas", 9, "1")), activities=[activity]))
        assert (found.status, opcos(found)) == ("found", ["atlas"])

    def test_an_unknown_code(self):
        assert codes(ask("99.99Z", reference())) == ["unknown_naf"]


class TestWords:
    KNOWN = reference(
        agreement("1486", siro("atlas", 9, "1")),
        agreement("8822", siro("akto", 7, "0.7"), siro("ocapiat", 3, "0.3")),
        activities=[ActivityFact("62.01Z", "Programmation", "atlas", Decimal("0.92"), 36, "62")],
    )
    SYNTEC = Hit(idcc="1486", matched="Syntec", kind="name", exact=True)

    def test_the_name_of_one_agreement_goes_straight_to_it(self):
        found = ask("syntec", self.KNOWN, hits=[self.SYNTEC])
        assert (found.status, opcos(found), found.best.confidence) == ("found", ["atlas"], "deduced")
        assert found.best.reason.startswith("Correspond à")

    def test_a_trade_that_several_agreements_may_cover_leaves_the_choice(self):
        trade = replace(self.SYNTEC, kind="trade")
        found = ask("conseil", self.KNOWN, hits=[trade, Hit(idcc="8822", matched="Conseil forestier")])
        assert (found.status, found.best.confidence) == ("ambiguous", "probable")
        assert codes(found) == ["choose"]

    def test_a_trade_that_one_agreement_covers_goes_to_it_as_probable(self):
        found = ask("conseil", self.KNOWN, hits=[replace(self.SYNTEC, kind="trade")])
        assert (found.status, found.best.confidence, codes(found)) == ("found", "probable", ["check"])

    def test_a_single_rough_match_is_to_be_checked(self):
        found = ask("sintec", self.KNOWN, hits=[replace(self.SYNTEC, exact=False)])
        assert (found.status, found.best.confidence) == ("ambiguous", "indicative")
        assert "Vérifiez" in found.messages[0].text

    def test_agreements_come_before_activities_and_each_shows_all_its_opcos(self):
        hits = [Hit(naf="62.01Z"), Hit(idcc="8822", matched="Scieries"), Hit(idcc="1486", matched="Études")]
        found = ask("scierie", self.KNOWN, hits=hits)
        assert opcos(found) == ["akto", "ocapiat", "atlas", "atlas"]
        assert [candidate.basis for candidate in found.candidates] == ["text", "text", "text", "activity"]

    def test_an_activity_found_by_words_is_spoken_for_by_its_first_agreement(self):
        activity = TestActivity.covered(("1486", "0.6"), ("8822", "0.4"))
        known = replace(self.KNOWN, activities={"62.01Z": activity}, concluded={})
        found = ask("programmation", known, hits=[Hit(naf="62.01Z")])
        assert [(one.basis, one.idcc) for one in found.candidates] == [("activity", "1486")]

    def test_words_that_match_nothing_say_what_to_try(self):
        assert codes(ask("zzzz", self.KNOWN)) == ["no_match"]


def test_an_invalid_number_gets_its_own_sentence():
    found = ask("5010308110009", reference())
    assert (found.status, codes(found)) == ("invalid", ["siret_length"])
    assert "il en manque un" in found.messages[0].text
