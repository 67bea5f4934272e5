// Search shows an extract of every page that it finds, and fetches the page for that.
// From disk a browser refuses such a fetch: there the titles must do.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
