// Claims are folded: a link to one opens it, and so does printing the page.
{
  const claim = "details.gd-claim";
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.matches(claim)) return;
    target.open = true;
    target.scrollIntoView();
  };
  addEventListener("DOMContentLoaded", open);
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () =>
    document.querySelectorAll(claim).forEach(each => (each.open = true)),
  );
}
