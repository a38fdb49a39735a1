"""All URLs of the product."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("assistant_app.api.urls")),
    path("", include("emailassistant.health")),
    path("", include("emailassistant.metrics")),
    path("", include("assistant_app.pages.urls")),
]

handler400 = "emailassistant.error_pages.bad_request"
handler403 = "emailassistant.error_pages.permission_denied"
handler404 = "emailassistant.error_pages.page_not_found"
handler500 = "emailassistant.error_pages.server_error"
