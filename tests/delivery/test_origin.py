"""The origin over HTTP: published files."""

from tests.delivery.house import House


def test_a_published_file(origin_house: House) -> None:
    file = origin_house.file()
    answer = origin_house.client.get(origin_house.path())
    assert answer.status_code == 200, answer.text
    assert answer.content == origin_house.objects.get(file.key)
