"""Addresses that lead nowhere, and those that have changed."""


def test_a_wrong_address_shows_the_404_page_in_the_look_of_the_book(opened):
    page = opened("notebooks/deep/nothing.html")
    assert page.seen["failed"] == [f"404 {page.url}"]  # the page itself, and nothing that it loads
    assert page.locator("article h1").inner_text() == "There is no such page"
    page.get_by_role("link", name="search", exact=True).click()
    page.wait_for_url("**/search.html")
