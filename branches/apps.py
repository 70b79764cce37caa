from django.apps import AppConfig


class BranchesConfig(AppConfig):
    name = "branches"
    verbose_name = "Branches et OPCO"

    def ready(self) -> None:
        from branches import following, told

        told.tell_corrections()
        following.follow_changes()
