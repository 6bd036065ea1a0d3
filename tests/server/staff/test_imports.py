"""Importing sheets: every broken row is reported, and nothing is imported unless all rows are good."""

from __future__ import annotations

import pytest

from tests.support.staff_fixtures import House, NewVisit, Visit

UNITS = "代码,名称,分组,行业,一把手,分管副职,值班电话\n"
USERS = "account,name,roles,password,unit_code\n"


async def unit_codes(house: House) -> list[str]:
    async with house.database.read() as reader:
        return [one.code for one in (await house.organisation.list_units(reader))[0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
async def test_units_come_from_a_sheet_in_any_usual_encoding(
    house: House, admin: Visit, encoding: str
) -> None:
    text = UNITS + "U-WS,自来水公司,甲,供水,赵一,钱二,0393-8000001\nU-GS,燃气公司,甲,供气,孙三,李四,\n"
    done = await admin.call("POST", "/api/admin/import/units", text.encode(encoding))
    assert (done.status, done.body) == (200, {"rows": 2, "imported": 2, "errors": []})
    async with house.database.read() as reader:
        units, _ = await house.organisation.list_units(reader)
    assert [(one.code, one.name, one.principal, one.active) for one in units] == [
        ("U-GS", "燃气公司", "孙三", True),
        ("U-WS", "自来水公司", "赵一", True),
    ]


async def test_one_broken_row_keeps_every_row_out_and_is_explained(house: House, admin: Visit) -> None:
    await house.unit("U-LT")
    text = (
        UNITS
        + "U-WS,自来水公司,甲,供水,赵一,钱二,\n"
        + "U-LT,照明处,乙,照明,a,b,call me\n"
        + "U-GS,燃气公司,,,孙三\n"
        + "U-WS,x,,,,y,\n"
    )
    report = (await admin.call("POST", "/api/admin/import/units", text.encode("gb18030"))).body
    assert (report["rows"], report["imported"]) == (3, 0)
    assert [(one["row"], one["column"], one["code"]) for one in report["errors"]] == [
        (3, "code", "unit_code_taken"),
        (3, "duty_phone", "duty_phone_form"),
        (4, "", "sheet_cells"),
        (5, "code", "unit_code_taken"),
        (5, "principal", "unit_incomplete"),
    ]
    assert report["errors"][2]["message"] == "This row has 5 cells; the first row has 7."
    assert await unit_codes(house) == ["U-LT"]


async def test_a_dry_run_reports_and_writes_nothing(house: House, admin: Visit) -> None:
    text = UNITS + "U-WS,自来水公司,甲,供水,赵一,钱二,\n"
    tried = await admin.call("POST", "/api/admin/import/units", text.encode(), dry_run="true")
    assert tried.body == {"rows": 1, "imported": 0, "errors": []}
    assert await unit_codes(house) == []


async def test_a_picture_is_no_sheet(admin: Visit) -> None:
    refused = await admin.call("POST", "/api/admin/import/units", b"\x89PNG\r\n\x1a\n\xff\xff\x00")
    assert refused.status == 422
    assert [one["code"] for one in refused.body["errors"]] == ["sheet_encoding"]


async def test_accounts_come_from_a_sheet_and_must_choose_their_own_password(
    house: House, admin: Visit, new_visit: NewVisit
) -> None:
    await house.unit("U-WS")
    text = USERS + "Li.Wei,李伟,坐席；派遣员,First-horse-1,\nclerk-ws,王芳,unit_clerk,First-horse-2,U-WS\n"
    done = await admin.call("POST", "/api/admin/import/users", text.encode())
    assert done.body == {"rows": 2, "imported": 2, "errors": []}
    signed_in = await new_visit().sign_in("li.wei", "First-horse-1")
    assert (signed_in.body["name"], signed_in.body["roles"]) == ("李伟", ["agent", "dispatcher"])
    assert signed_in.body["capabilities"] == ["password.must_change"]


async def test_broken_accounts_are_reported_cell_by_cell(house: House, admin: Visit) -> None:
    text = USERS + (
        "boss,A,admin,First-horse-1,\n"
        "li.wei,B,king,short,U-XX\n"
        "LI.WEI,C,unit_clerk,First-horse-1,\n"
        ",D,agent,First-horse-1,\n"
    )
    report = (await admin.call("POST", "/api/admin/import/users", text.encode())).body
    assert [(one["row"], one["column"], one["code"]) for one in report["errors"]] == [
        (2, "account", "account_taken"),
        (3, "password", "password_short"),
        (3, "roles", "role_unknown"),
        (3, "unit_code", "unit_unknown"),
        (4, "account", "account_taken"),
        (4, "unit_code", "unit_needed"),
        (5, "account", "field_missing"),
    ]
    async with house.database.read() as reader:
        assert [one.account for one in (await house.staff.list_users(reader))[0]] == ["boss"]


async def test_crews_come_from_a_sheet_with_people_of_their_unit(house: House, admin: Visit) -> None:
    unit = await house.unit("U-WS")
    for account in ("captain", "member"):
        await house.user(account, "crew_member", unit_id=unit.id)
    header = "unit_code,name,captain,members,skills,active\n"
    broken = header + "U-WS,First,captain,captain;nobody,water_leak,perhaps\nU-XX,Second,,,,no\n"
    report = (await admin.call("POST", "/api/admin/import/crews", broken.encode())).body
    assert [(one["row"], one["column"], one["code"]) for one in report["errors"]] == [
        (2, "active", "field_choice"),
        (2, "members", "not_of_unit"),
        (3, "unit_code", "unit_unknown"),
    ]
    good = header + "U-WS,First,captain,captain;member,water_leak,是\n"
    assert (await admin.call("POST", "/api/admin/import/crews", good.encode())).body["imported"] == 1
    seen = (await admin.call("GET", "/api/admin/crews")).body["items"]
    assert [(one["name"], len(one["members"]), one["active"]) for one in seen] == [("First", 2, True)]


@pytest.mark.parametrize("what", ["users", "units", "crews", "places"])
async def test_the_template_in_either_language_is_a_sheet_that_its_import_takes(
    admin: Visit, what: str
) -> None:
    for language in ("en", "zh-CN"):
        admin.language = language
        template = await admin.call("GET", f"/api/admin/import/{what}/template")
        report = (await admin.call("POST", f"/api/admin/import/{what}", template.body.encode())).body
        assert [(one["row"], one["code"]) for one in report["errors"]] == [(2, "sheet_empty")]


async def test_places_come_from_a_sheet_and_are_found_by_any_part_of_their_names(
    house: House, admin: Visit
) -> None:
    header = "kind,name,district,aliases,lng,lat,crs\n"
    broken = header + "road,五一路,,,115.03,east,CGCS2000\nroad,文化路,,,115.03,35.76,\n"
    report = (await admin.call("POST", "/api/admin/import/places", broken.encode())).body
    assert [(one["row"], one["column"], one["code"]) for one in report["errors"]] == [
        (2, "lat", "number_invalid"),
        (3, "crs", "crs_missing"),
    ]
    good = header + "road,五一路,,劳动路,115.03,35.76,CGCS2000\nroad,文化路,,,,,\npoi,五一路小学,,,,,\n"
    assert (await admin.call("POST", "/api/admin/import/places", good.encode("gbk"))).body["imported"] == 3
    names = [one["name"] for one in (await admin.call("GET", "/api/places", q=" 五一 ")).body]
    assert names == ["五一路", "五一路小学"]
    assert [one["name"] for one in (await admin.call("GET", "/api/places", q="一路小")).body] == [
        "五一路小学"
    ]
    assert [one["name"] for one in (await admin.call("GET", "/api/places", q="劳动")).body] == ["五一路"]
    assert (await admin.call("GET", "/api/places", q="%")).body == []


async def test_importing_places_again_brings_them_up_to_date(house: House, admin: Visit) -> None:
    header = "kind,name,aliases\n"
    await admin.call("POST", "/api/admin/import/places", (header + "road,五一路,\n").encode())
    (before,) = (await admin.call("GET", "/api/places", q="五一")).body
    await admin.call("POST", "/api/admin/import/places", (header + "road,五一路,劳动路\n").encode())
    (after,) = (await admin.call("GET", "/api/places", q="五一")).body
    assert after == {**before, "aliases": ["劳动路"]}


async def test_only_those_who_may_import_do(house: House, new_visit: NewVisit) -> None:
    await house.user("li.wei", "agent")
    visit = new_visit()
    await visit.sign_in("li.wei")
    for what in ("users", "units", "crews", "places"):
        assert (await visit.call("POST", f"/api/admin/import/{what}", b"x")).status == 403
