"""The accounts. Whoever is not a superuser manages those of the three groups, and no others."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as django  # registers what is unregistered next
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_otp.plugins.otp_static import admin as otp_static  # noqa: F401 - likewise
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp import admin as otp_totp  # noqa: F401 - likewise
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldBooleanWidget

from opco_portal.french import plural, typeset
from opco_portal.staff import second_factor
from opco_portal.staff.rights import GROUPS
from opco_portal.staff.site import ModelAdmin

admin.site.unregister([User, Group, TOTPDevice, StaticDevice])


class NewAccountForm(UserCreationForm):  # type: ignore[misc]
    usable_password = None  # without a password nobody would come in


class AccountForm(forms.ModelForm):
    must_have_factor = forms.BooleanField(
        label="Exiger un second facteur",
        required=False,
        help_text="Le compte devra en activer un à sa prochaine page, et ne verra rien d’autre avant.",
        widget=UnfoldBooleanWidget,
    )
    forget_factor = forms.BooleanField(
        label="Oublier le second facteur",
        required=False,
        help_text="Téléphone perdu : le mot de passe suffira, jusqu’à ce qu’un autre soit activé.",
        widget=UnfoldBooleanWidget,
    )

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "is_active", "is_superuser", "groups"]
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["must_have_factor"] = getattr(self.instance, "must_have_factor", False)


@admin.register(User)
class AccountAdmin(django.UserAdmin, ModelAdmin):
    form = AccountForm
    add_form = NewAccountForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["person", "member_of", "last_login", "active", "factor"]
    list_filter = ["is_active", "groups"]
    actions = ["require_factor", "release_factor", "forget_factor"]
    readonly_fields = ["password_link", "factor", "last_login", "date_joined"]
    filter_horizontal = ()
    add_fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "password1", "password2", "groups"]})
    ]

    # ------------------------------------------------------------------------------------------------ who may what
    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        users = second_factor.with_factor(super().get_queryset(request)).prefetch_related("groups")
        return users if request.user.is_superuser else within_groups(users)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what an account did keeps its name: it is made inactive

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        options |= {
            "queryset": Group.objects.all()
            if request.user.is_superuser
            else Group.objects.filter(name__in=GROUPS),
            "widget": UnfoldAdminCheckboxSelectMultipleWidget(),
        }
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        rights = ["is_active", "groups", *(["is_superuser"] if request.user.is_superuser else [])]
        require = ["must_have_factor"] if obj != request.user else []
        forget = ["forget_factor"] if obj.has_factor and obj != request.user else []
        return [
            (None, {"fields": ["username", "first_name", "last_name", "email", "password_link"]}),
            ("Droits", {"fields": rights, "description": own(obj, request)}),
            ("Second facteur", {"fields": ["factor", *require, *forget]}),
            ("Dates", {"fields": ["last_login", "date_joined"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody changes their own rights, so that nobody shuts themselves out, nor what is asked of them."""
        own = ["is_active", "groups", "is_superuser", "must_have_factor", "forget_factor"]
        return [*super().get_readonly_fields(request, obj), *(own if obj == request.user else [])]

    # ----------------------------------------------------------------------------------------------------- columns
    @admin.display(description="compte", ordering="username")
    def person(self, user: User) -> SafeString | str:
        name = user.get_full_name()
        return format_html("{}<br><small>{}</small>", user.username, name) if name else user.username

    @admin.display(description="groupes")
    def member_of(self, user: User) -> SafeString | str:
        names = [group.name for group in user.groups.all()]
        if user.is_superuser:
            names.insert(0, "Super-utilisateur")
        return format_html_join(SafeString("<br>"), "{}", [(name,) for name in names])

    @admin.display(description="actif", boolean=True, ordering="is_active")
    def active(self, user: User) -> bool:
        return user.is_active

    @admin.display(description="second facteur")
    def factor(self, user: Any) -> str:
        if user.has_factor:
            return "oui, exigé" if user.must_have_factor else "oui"
        return "exigé, pas encore activé" if user.must_have_factor else "non"

    @admin.display(description="mot de passe")
    def password_link(self, user: User) -> SafeString:
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html(
            '<a class="text-primary-600 underline dark:text-primary-500" href="{}">Donner un nouveau mot de passe</a>',
            address,
        )

    # ----------------------------------------------------------------------------------------------------- changes
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # an account is for the administration: there is nothing else to log in to
        super().save_model(request, obj, form, change)
        if "must_have_factor" in form.changed_data:
            wanted = form.cleaned_data["must_have_factor"]
            (second_factor.require if wanted else second_factor.release)(obj)
        if form.cleaned_data.get("forget_factor"):
            second_factor.forget(obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        if self.get_object(request, unquote(id)) == request.user:  # however the address writes its number
            return redirect("admin:password_change")  # which asks for the old one
        return super().user_change_password(request, id, form_url)

    @admin.action(description="Exiger un second facteur", permissions=["change"])
    def require_factor(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        changed = [user for user in users if second_factor.require(user)]
        self._tell(request, changed, "Second facteur exigé.")

    @admin.action(description="Ne plus exiger de second facteur", permissions=["change"])
    def release_factor(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        """One's own is lifted by another administrator."""
        changed = [user for user in users if user != request.user and second_factor.release(user)]
        self._tell(request, changed, "Second facteur laissé au choix.")

    @admin.action(description="Oublier le second facteur (téléphone perdu)", permissions=["change"])
    def forget_factor(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        """One's own is taken away on the page that asks for a code."""
        changed = [user for user in users if user != request.user and second_factor.forget(user)]
        self._tell(request, changed, "Second facteur oublié.")

    def _tell(self, request: HttpRequest, changed: list[User], what: str) -> None:
        for user in changed:
            self.log_change(request, user, what)
        done = f"{what} {plural(len(changed), 'compte modifié', 'comptes modifiés')}."
        messages.success(request, typeset(done if changed else "Rien à changer pour ces comptes."))


def within_groups(users: "QuerySet[User]") -> "QuerySet[User]":
    """Accounts whose only rights are those of the three groups, so that who manages them gains none."""
    others = Group.objects.filter(user=OuterRef("pk")).exclude(name__in=GROUPS)
    return users.filter(~Exists(others), is_superuser=False, user_permissions=None)


def own(user: User, request: HttpRequest) -> str:
    return "Ce sont les vôtres : un autre administrateur peut les changer." if user == request.user else ""
