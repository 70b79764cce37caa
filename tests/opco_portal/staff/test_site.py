"""What every page of the administration answers to addresses that nobody types."""

import pytest

from tests.opco_portal.staff.people import client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "attachment/add/?idcc=%00",
        "conflict/?file=%00",
        "agreement/?q=%00",
        "agreement/?status__exact=x%00",
        "agreement/?%00=1",
        "agreementname/add/?agreement=%00",
        "agreement/%00/change/",
        "agreement/1486%00/history/",
        "attachment/%001/end/",
    ],
)
@pytest.mark.parametrize("role", ["mapper", "anonymous"])
def test_a_character_that_the_database_takes_nowhere_leads_nowhere(address, role):
    assert client_of(role).get(f"/admin/branches/{address}").status_code == 404
