"""Each shipped preset against tables of a few rows: from the source to effective rights.

The tables are written from what is known of each system, with the columns that
are read and no more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.permissions.model import AccountKind, FieldAccess, PersonStatus, Ref, RefersTo
from tests.permissions.presets import (
    PRESETS,
    facts_of,
    mysql,
    postgresql,
    reaches,
    resolved,
    sqlite,
)

SEED = Path(__file__).parents[1] / "fixtures" / "ruoyi" / "ry_20260417.sql"
MYSQL = '  oa: {kind: mysql, url: "${OA_URL}"}'
POSTGRESQL = '  oa: {kind: postgresql, url: "${OA_URL}"}'

RBAC = """
CREATE TABLE sys_account (id, login, name, department_id, enabled);
INSERT INTO sys_account VALUES (1, 'anna', '安娜', 10, 'Y'), (2, 'bob', '李波', 11, 'N');
CREATE TABLE departments (id, parent_id, name);
INSERT INTO departments VALUES (10, NULL, '销售'), (11, 10, '北区');
CREATE TABLE roles (id, code, name, data_range);
INSERT INTO roles VALUES (7, 'seller', '销售', 'S'), (8, 'boss', '主管', 'A');
CREATE TABLE user_roles (user_id, role_id);
INSERT INTO user_roles VALUES (1, 7), (2, 7), (2, 8);
CREATE TABLE permissions (id, code, name);
INSERT INTO permissions VALUES (70, 'customer.view', '查看'), (71, 'customer.drop', '删除');
CREATE TABLE role_permissions (role_id, permission_id);
INSERT INTO role_permissions VALUES (7, 70), (8, 70), (8, 71);
"""


def test_any_tables_of_roles_are_read_after_saying_what_is_called_otherwise(tmp_path: Path) -> None:
    sqlite(tmp_path / "oa.sqlite", RBAC)
    own = """\
permissions:
  systems:
    oa:
      semantics: widest
      functions: {CUST_VIEW: customer.view}
      accounts: {table: sys_account}
      roles: {columns: {scope: data_range}, values: {scope: {all: A, subtree: S}}}
"""
    facts = facts_of(tmp_path, "  oa: {kind: sqlite, path: oa.sqlite}", ["rbac"], own)
    system, asked = resolved(facts)
    assert [system.accounts[i].is_enabled for i in "12"] == [True, False]
    assert reaches(asked, "1") == {"customer.view": "10 11"}
    assert reaches(asked, "2") == {"customer.drop": "*", "customer.view": "* 11"}
    assert [hop.name for hop in asked.rights("1")[0].path] == ["anna", "销售", "查看", None]


def test_two_files_are_enough(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        "account,login,name,staff_no,department,enabled,role\n"
        "a1,anna,安娜,1001,d1,启用,seller\na1,anna,安娜,1001,d1,启用,approver\n"
        "a2,bob,李波,,d2,停用,seller\n",
        encoding="utf-8",
    )
    (tmp_path / "roles.csv").write_text(
        "role,permission,scope\nseller,view,own\nseller,add,\napprover,approve,department\n",
        encoding="utf-8",
    )
    sources = """\
  access_users: {kind: csv, path: users.csv}
  access_roles: {kind: csv, path: roles.csv}"""
    system, asked = resolved(facts_of(tmp_path, sources, ["two_files"]))
    assert {a.id: (a.person, a.is_enabled) for a in system.accounts.values()} == {
        "a1": ("1001", True),
        "a2": (None, False),
    }
    assert reaches(asked, "a1") == {"add": "?", "approve": "d1", "view": "own"}
    assert reaches(asked, "a2") == {"add": "?", "view": "own"}


@pytest.mark.servers
def test_ruoyi_is_read_unchanged(mariadb_url: str, tmp_path: Path) -> None:
    more = """
    INSERT INTO sys_user (user_id, dept_id, user_name, nick_name, status, del_flag) VALUES
        (3, 101, 'wang', '王磊', '1', '0'), (4, 103, 'gone', '旧人', '0', '2');
    INSERT INTO sys_role (role_id, role_name, role_key, role_sort, data_scope, status) VALUES
        (5, '用户管理员', 'admins', 1, '4', '0');
    INSERT INTO sys_user_role VALUES (3, 5);
    INSERT INTO sys_role_menu SELECT 5, menu_id FROM sys_menu WHERE perms LIKE 'system:user:%';
    INSERT INTO sys_oper_log (title, business_type, oper_name, oper_ip, oper_time)
        VALUES ('用户管理', 1, 'wang', '10.0.0.1', '2026-03-01 09:00:00');
    INSERT INTO sys_logininfor (user_name, ipaddr, status, login_time)
        VALUES ('wang', '10.0.0.1', '1', '2026-03-01 08:00:00');
    """
    mysql(mariadb_url, SEED.read_text(encoding="utf-8") + more)
    facts = facts_of(tmp_path, MYSQL, ["ruoyi", "ruoyi_staff"], OA_URL=mariadb_url)
    system, asked = resolved(facts)
    assert set(system.accounts) == {"1", "2", "3"}
    built_in = system.accounts["1"]
    assert (built_in.kind, built_in.person) == (AccountKind.BUILT_IN, None)
    assert system.accounts["3"].is_enabled is False
    assert (system.accounts["3"].person, facts.persons["WANG"].job) == ("WANG", None)
    assert facts.persons["RY"].job == "项目经理"
    assert facts.persons["GONE"].status is PersonStatus.LEFT
    held = reaches(asked, "3")
    assert held["system:user:add"] == "101 103 104 105 106 107"
    assert set(held) == {p.code for p in system.permissions.values() if "system:user:" in p.code}
    assert reaches(asked, "2")["system:user:list"] == "100 101 105"
    assert asked.reach("1", "monitor:operlog:remove").is_all
    assert [(a.actor, a.action, a.count) for a in system.activity] == [
        (Ref("wang", RefersTo.LOGIN), "login", 1),
        (Ref("wang", RefersTo.LOGIN), "用户管理/1", 1),
    ]


YUDAO = """
CREATE TABLE system_users (id BIGINT, username TEXT, nickname TEXT, dept_id BIGINT, email TEXT,
    mobile TEXT, status INT, login_date DATETIME, create_time DATETIME, deleted BIT(1),
    tenant_id BIGINT);
INSERT INTO system_users VALUES
    (1, 'admin', '芋道', 100, NULL, NULL, 0, NULL, NULL, b'0', 1),
    (2, 'lin', '林静', 101, NULL, '13800000001', 0, NULL, NULL, b'0', 1),
    (3, 'chen', '陈晨', 102, NULL, NULL, 1, NULL, NULL, b'0', 1),
    (4, 'old', '旧', 102, NULL, NULL, 0, NULL, NULL, b'1', 1),
    (5, 'other', '别家', 102, NULL, NULL, 0, NULL, NULL, b'0', 2);
CREATE TABLE system_dept (id BIGINT, parent_id BIGINT, name TEXT, leader_user_id BIGINT,
    status INT, deleted BIT(1), tenant_id BIGINT);
INSERT INTO system_dept VALUES (100, 0, '总部', 1, 0, b'0', 1), (101, 100, '销售', 2, 0, b'0', 1),
    (102, 100, '财务', NULL, 0, b'0', 1), (103, 101, '北区', NULL, 1, b'0', 1);
CREATE TABLE system_role (id BIGINT, code TEXT, name TEXT, data_scope INT,
    data_scope_dept_ids VARCHAR(500), status INT, type INT, deleted BIT(1), tenant_id BIGINT);
INSERT INTO system_role VALUES (1, 'super_admin', '超级管理员', 1, '', 0, 1, b'0', 1),
    (2, 'clerk', '文员', 2, '[102,103]', 0, 2, b'0', 1),
    (3, 'seller', '销售', 5, '', 0, 2, b'0', 1),
    (4, 'crm_admin', 'CRM 管理员', 5, NULL, 0, 1, b'0', 1);
CREATE TABLE system_user_role (user_id BIGINT, role_id BIGINT, deleted BIT(1), tenant_id BIGINT);
INSERT INTO system_user_role VALUES (1, 1, b'0', 1), (2, 2, b'0', 1), (2, 3, b'0', 1),
    (2, 1, b'1', 1), (3, 4, b'0', 1);
CREATE TABLE system_menu (id BIGINT, name TEXT, permission VARCHAR(100), status INT,
    deleted BIT(1));
INSERT INTO system_menu VALUES (10, '用户查询', 'system:user:query', 0, b'0'),
    (11, '客户查询', 'crm:customer:query', 0, b'0'), (12, '停', 'crm:lead:query', 1, b'0'),
    (13, '目录', '', 0, b'0');
CREATE TABLE system_role_menu (role_id BIGINT, menu_id BIGINT, deleted BIT(1), tenant_id BIGINT);
INSERT INTO system_role_menu VALUES (2, 10, b'0', 1), (3, 11, b'0', 1), (3, 12, b'0', 1),
    (4, 11, b'0', 1), (2, 13, b'0', 1);
CREATE TABLE crm_customer (id BIGINT, name TEXT, owner_user_id BIGINT, mobile TEXT,
    deleted BIT(1), tenant_id BIGINT);
INSERT INTO crm_customer VALUES (1, '云帆科技', 2, '13900000001', b'0', 1);
CREATE TABLE crm_contract (no VARCHAR(20), creator VARCHAR(20), total_price DECIMAL(20, 6),
    customer_id BIGINT, create_time DATETIME, update_time DATETIME, audit_status INT,
    process_instance_id VARCHAR(64), deleted BIT(1), tenant_id BIGINT);
INSERT INTO crm_contract VALUES ('HT1', '2', 900, 1, '2026-02-01 10:00:00', NULL, 20, 'p1',
    b'0', 1);
CREATE TABLE ACT_HI_TASKINST (ID_ VARCHAR(64), PROC_INST_ID_ VARCHAR(64), PROC_DEF_ID_ TEXT,
    TASK_DEF_KEY_ TEXT, ASSIGNEE_ TEXT, END_TIME_ DATETIME);
INSERT INTO ACT_HI_TASKINST VALUES ('t1', 'p1', 'flow:1', 'boss', '3', '2026-02-02 10:00:00');
CREATE TABLE ACT_HI_VARINST (TASK_ID_ VARCHAR(64), NAME_ TEXT, LONG_ BIGINT);
INSERT INTO ACT_HI_VARINST VALUES ('t1', 'TASK_STATUS', 2);
CREATE TABLE system_operate_log (id BIGINT, user_id BIGINT, type TEXT, sub_type TEXT,
    create_time DATETIME, biz_id BIGINT, user_ip TEXT, deleted BIT(1), tenant_id BIGINT);
INSERT INTO system_operate_log VALUES (1, 2, 'CRM 客户', '更新客户', '2026-03-01 09:00:00', 1,
    '10.0.0.2', b'0', 1);
CREATE TABLE system_login_log (id BIGINT, username TEXT, create_time DATETIME, user_ip TEXT,
    result INT, deleted BIT(1), tenant_id BIGINT);
"""


@pytest.mark.servers
def test_yudao_splits_its_lists_and_adds_scopes_up_over_all_roles(
    mariadb_url: str, tmp_path: Path
) -> None:
    mysql(mariadb_url, YUDAO)
    facts = facts_of(tmp_path, MYSQL, ["yudao"], OA_URL=mariadb_url)
    system, asked = resolved(facts)
    assert set(system.accounts) == {"1", "2", "3"}
    assert asked.reach("1", "crm:customer:query").is_all
    # The clerk's set and the own department, and the seller's own rows; the CRM only the latter.
    assert reaches(asked, "2") == {
        "crm:customer:query": "own",
        "system:user:query": "own 101 102 103",
    }
    assert reaches(asked, "3") == {"crm:customer:query": "*"}
    (approval,) = system.approvals
    assert (approval.doc, approval.actor.value, approval.is_approved) == ("HT1", "3", True)
    assert system.documents[0].is_effective is True
    assert system.records[0].owner == Ref("2")
    assert [a.action for a in system.activity] == ["CRM 客户/更新客户"]


SUITECRM = """
CREATE TABLE users (id CHAR(36), user_name TEXT, first_name TEXT, last_name TEXT, status TEXT,
    is_admin INT, deleted INT);
INSERT INTO users VALUES ('1', 'admin', '', '管理员', 'Active', 1, 0),
    ('u2', 'lin', '静', '林', 'Active', 0, 0), ('u3', 'wang', '磊', '王', 'Inactive', 0, 0),
    ('u4', 'new', '', '新', 'Active', 0, 0);
CREATE TABLE acl_roles (id CHAR(36), name TEXT, deleted INT);
INSERT INTO acl_roles VALUES ('r1', 'Sales', 0), ('r2', 'Team', 0), ('r3', 'Blocked', 0);
CREATE TABLE securitygroups (id CHAR(36), name TEXT, deleted INT);
INSERT INTO securitygroups VALUES ('g1', 'North', 0);
CREATE TABLE acl_roles_users (role_id CHAR(36), user_id CHAR(36), deleted INT);
INSERT INTO acl_roles_users VALUES ('r1', 'u2', 0), ('r3', 'u3', 0), ('r3', 'u2', 1);
CREATE TABLE securitygroups_users (securitygroup_id CHAR(36), user_id CHAR(36), deleted INT);
INSERT INTO securitygroups_users VALUES ('g1', 'u2', 0), ('g1', 'u4', 0);
CREATE TABLE securitygroups_acl_roles (securitygroup_id CHAR(36), role_id CHAR(36), deleted INT);
INSERT INTO securitygroups_acl_roles VALUES ('g1', 'r2', 0);
CREATE TABLE acl_actions (id CHAR(36), name TEXT, category TEXT, acltype TEXT, aclaccess INT,
    deleted INT);
INSERT INTO acl_actions VALUES ('a1', 'access', 'Accounts', 'module', 89, 0),
    ('a2', 'view', 'Accounts', 'module', 90, 0), ('a3', 'export', 'Accounts', 'module', 90, 0);
CREATE TABLE acl_roles_actions (role_id CHAR(36), action_id CHAR(36), access_override INT,
    deleted INT);
INSERT INTO acl_roles_actions VALUES ('r1', 'a2', 75, 0), ('r1', 'a3', 0, 0),
    ('r2', 'a2', 80, 0), ('r2', 'a3', -99, 0), ('r3', 'a1', -98, 0);
CREATE TABLE accounts (id CHAR(36), name TEXT, assigned_user_id CHAR(36), phone_office TEXT,
    deleted INT);
INSERT INTO accounts VALUES ('c1', '云帆科技', 'u2', '010-1', 0);
CREATE TABLE aos_contracts (id CHAR(36), created_by CHAR(36), total_contract_value DECIMAL(26, 6),
    contract_account_id CHAR(36), date_entered DATETIME, date_modified DATETIME, status TEXT,
    deleted INT);
INSERT INTO aos_contracts VALUES ('k1', 'u2', 10, 'c1', '2026-02-01', '2026-02-02', 'Signed', 0);
CREATE TABLE accounts_audit (id CHAR(36), created_by CHAR(36), field_name TEXT,
    date_created DATETIME, parent_id CHAR(36));
INSERT INTO accounts_audit VALUES ('x1', 'u2', 'assigned_user_id', '2026-03-01', 'c1');
"""


@pytest.mark.servers
def test_suitecrm_takes_the_nearest_role_and_the_modules_defaults(
    mariadb_url: str, tmp_path: Path
) -> None:
    mysql(mariadb_url, SUITECRM)
    system, asked = resolved(facts_of(tmp_path, MYSQL, ["suitecrm"], OA_URL=mariadb_url))
    assert system.accounts["u2"].name == "林静"
    assert asked.reach("1", "Accounts:export").is_all
    # Own by the role; the group denies to export, as nothing nearer speaks of it.
    assert reaches(asked, "u2") == {"Accounts:access": "*", "Accounts:view": "own"}
    assert reaches(asked, "u3") == {}
    assert reaches(asked, "u4") == {"Accounts:access": "*", "Accounts:view": "own g1"}
    assert system.activity[0].action == "accounts/assigned_user_id"


ESPOCRM = """
CREATE TABLE "user" (id VARCHAR(17), user_name TEXT, first_name TEXT, last_name TEXT, type TEXT,
    is_active BOOLEAN, created_at TIMESTAMP, deleted BOOLEAN);
INSERT INTO "user" VALUES ('1', 'admin', '', 'Admin', 'admin', TRUE, NULL, FALSE),
    ('u2', 'lin', 'J', 'Lin', 'regular', TRUE, NULL, FALSE),
    ('u3', 'bot', '', 'Bot', 'api', FALSE, NULL, FALSE);
CREATE TABLE "role" (id VARCHAR(17), name TEXT, data TEXT, field_data TEXT,
    export_permission VARCHAR(20), mass_update_permission VARCHAR(20), deleted BOOLEAN);
INSERT INTO "role" VALUES
    ('r1', 'Sales', '{"Account":{"create":"yes","read":"own","delete":"no"},"Campaign":false}',
     '{"Account":{"phoneNumber":{"read":"no"}}}', 'no', 'not-set', FALSE),
    ('r2', 'Team', '{"Account":{"read":"team","stream":"all"},"Calendar":true}',
     '{"Account":{"phoneNumber":{"edit":"no"},"emailAddress":{"edit":"no"}}}', 'yes', NULL, FALSE),
    ('r3', 'Empty', '', '', 'no', NULL, FALSE);
CREATE TABLE team (id VARCHAR(17), name TEXT, deleted BOOLEAN);
INSERT INTO team VALUES ('t1', 'North', FALSE);
CREATE TABLE role_user (role_id VARCHAR(17), user_id VARCHAR(17), deleted BOOLEAN);
INSERT INTO role_user VALUES ('r1', 'u2', FALSE);
CREATE TABLE team_user (team_id VARCHAR(17), user_id VARCHAR(17), deleted BOOLEAN);
INSERT INTO team_user VALUES ('t1', 'u2', FALSE), ('t1', 'u3', FALSE);
CREATE TABLE role_team (role_id VARCHAR(17), team_id VARCHAR(17), deleted BOOLEAN);
INSERT INTO role_team VALUES ('r2', 't1', FALSE);
CREATE TABLE account (id VARCHAR(17), name TEXT, assigned_user_id VARCHAR(17), deleted BOOLEAN);
INSERT INTO account VALUES ('c1', 'Yunfan', 'u2', FALSE);
CREATE TABLE entity_team (entity_id VARCHAR(17), entity_type TEXT, team_id VARCHAR(17),
    deleted BOOLEAN);
INSERT INTO entity_team VALUES ('c1', 'Account', 't1', FALSE);
"""


def espocrm(folder: Path, source: str, preset: str, url: str) -> None:
    system, asked = resolved(facts_of(folder, source, [preset], OA_URL=url))
    assert asked.reach("1", "Account:read").is_all
    assert system.accounts["u3"].kind is AccountKind.SERVICE
    assert reaches(asked, "u2") == {"Account:create": "*", "Account:read": "own t1", "export": "*"}
    assert reaches(asked, "u3") == {"Account:read": "own t1", "export": "*"}
    assert [hop.id for hop in asked.rights("u3")[0].path][:3] == ["u3", "t1", "r2"]
    assert asked.fields("u3", "customer", "pii") == {"page": FieldAccess.READ}
    assert (system.records[0].owner, system.records[0].department) == (Ref("u2"), "t1")


@pytest.mark.servers
def test_espocrm_rights_are_taken_out_of_json_on_postgresql(
    postgres_url: str, tmp_path: Path
) -> None:
    postgresql(postgres_url, ESPOCRM)
    espocrm(tmp_path, POSTGRESQL, "espocrm_postgresql", postgres_url)


@pytest.mark.servers
def test_espocrm_rights_are_taken_out_of_json_on_mysql(mariadb_url: str, tmp_path: Path) -> None:
    mysql(mariadb_url, "SET sql_mode = 'ANSI_QUOTES';" + ESPOCRM)
    espocrm(tmp_path, MYSQL, "espocrm_mysql", mariadb_url)


ODOO = """
CREATE TABLE res_partner (id INT, name TEXT, email TEXT, phone TEXT, user_id INT,
    customer_rank INT, active BOOLEAN);
INSERT INTO res_partner VALUES (1, 'Bot', NULL, NULL, NULL, 0, TRUE),
    (2, 'Lin', 'lin@example.com', '1', NULL, 0, TRUE), (9, 'Yunfan', NULL, '2', 6, 1, TRUE);
CREATE TABLE res_users (id INT, login TEXT, partner_id INT, active BOOLEAN, create_date TIMESTAMP);
INSERT INTO res_users VALUES (1, '__system__', 1, FALSE, NULL), (6, 'lin', 2, TRUE, NULL),
    (7, 'bob', NULL, TRUE, NULL);
CREATE TABLE res_groups (id INT, name JSONB);
INSERT INTO res_groups VALUES (20, '{"en_US":"User","zh_CN":"销售用户"}'),
    (21, '{"en_US":"Manager"}');
CREATE TABLE res_groups_users_rel (gid INT, uid INT);
INSERT INTO res_groups_users_rel VALUES (21, 6);
CREATE TABLE res_groups_implied_rel (gid INT, hid INT);
INSERT INTO res_groups_implied_rel VALUES (21, 20);
CREATE TABLE ir_model (id INT, model TEXT);
INSERT INTO ir_model VALUES (1, 'res.partner'), (2, 'crm.tag');
CREATE TABLE ir_model_access (model_id INT, group_id INT, perm_read BOOLEAN, perm_write BOOLEAN,
    perm_create BOOLEAN, perm_unlink BOOLEAN, active BOOLEAN);
INSERT INTO ir_model_access VALUES (1, 20, TRUE, TRUE, FALSE, FALSE, TRUE),
    (1, 21, TRUE, TRUE, TRUE, TRUE, FALSE), (2, NULL, TRUE, FALSE, FALSE, FALSE, TRUE);
CREATE TABLE ir_rule (model_id INT, perm_read BOOLEAN, perm_write BOOLEAN, perm_create BOOLEAN,
    perm_unlink BOOLEAN, active BOOLEAN);
INSERT INTO ir_rule VALUES (1, TRUE, FALSE, FALSE, FALSE, TRUE);
"""


@pytest.mark.servers
def test_odoo_groups_imply_others_and_record_rules_stay_unknown(
    postgres_url: str, tmp_path: Path
) -> None:
    postgresql(postgres_url, ODOO)
    system, asked = resolved(facts_of(tmp_path, POSTGRESQL, ["odoo"], OA_URL=postgres_url))
    assert reaches(asked, "6") == {
        "crm.tag:read": "*",
        "res.partner:read": "?",
        "res.partner:write": "*",
    }
    assert reaches(asked, "7") == {"crm.tag:read": "*"}
    path = next(r.path for r in asked.rights("6") if r.code == "res.partner:write")
    assert [hop.name for hop in path][:3] == ["lin", "Manager", "销售用户"]
    assert asked.reach("1", "res.partner:write").is_all
    assert system.accounts["1"].kind is AccountKind.BUILT_IN


FRAPPE = """
CREATE TABLE tabUser (name VARCHAR(140), full_name TEXT, enabled INT, last_login DATETIME,
    creation DATETIME);
INSERT INTO tabUser VALUES ('Administrator', 'Administrator', 1, NULL, NULL),
    ('Guest', 'Guest', 1, NULL, NULL), ('lin@example.com', '林静', 1, NULL, NULL),
    ('bob@example.com', '李波', 0, NULL, NULL);
CREATE TABLE tabRole (name VARCHAR(140), disabled INT);
INSERT INTO tabRole VALUES ('Sales User', 0), ('All', 0), ('Old', 1);
CREATE TABLE `tabHas Role` (parent VARCHAR(140), parenttype VARCHAR(140), role VARCHAR(140));
INSERT INTO `tabHas Role` VALUES ('lin@example.com', 'User', 'Sales User'),
    ('bob@example.com', 'User', 'Sales User'), ('bob@example.com', 'User', 'Old'),
    ('Page', 'Page', 'Old');
CREATE TABLE tabDocPerm (parent VARCHAR(140), role VARCHAR(140), permlevel INT, if_owner INT,
    `read` INT, `write` INT, `create` INT, submit INT, cancel INT, `delete` INT, report INT,
    export INT, share INT);
CREATE TABLE `tabCustom DocPerm` LIKE tabDocPerm;
INSERT INTO tabDocPerm VALUES
    ('Customer', 'Sales User', 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1),
    ('Contract', 'Sales User', 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0),
    ('Contract', 'Old', 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    ('Note', 'All', 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO `tabCustom DocPerm` VALUES ('Customer', 'Sales User', 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
CREATE TABLE `tabUser Permission` (user VARCHAR(140));
INSERT INTO `tabUser Permission` VALUES ('bob@example.com');
CREATE TABLE tabCustomer (name VARCHAR(140), customer_name TEXT, account_manager VARCHAR(140));
INSERT INTO tabCustomer VALUES ('C1', '云帆科技', 'lin@example.com');
"""


@pytest.mark.servers
def test_frappe_lets_custom_rights_replace_the_shipped_ones(
    mariadb_url: str, tmp_path: Path
) -> None:
    mysql(mariadb_url, FRAPPE)
    system, asked = resolved(facts_of(tmp_path, MYSQL, ["frappe"], OA_URL=mariadb_url))
    assert reaches(asked, "lin@example.com") == {
        "Contract:create": "own",
        "Contract:read": "own",
        "Customer:read": "*",
        "Note:read": "*",
    }
    # Narrowed to rows that are not worked out; of own rows nothing is left to narrow.
    assert reaches(asked, "bob@example.com")["Customer:read"] == "?"
    assert asked.reach("Administrator", "Customer:read").is_all
    assert reaches(asked, "Guest") == {}
    assert system.records[0].owner == Ref("lin@example.com")


WEAVER = """
CREATE TABLE HrmResource (id INT, loginid TEXT, lastname TEXT, workcode VARCHAR(20), mobile TEXT,
    email TEXT, departmentid INT, jobtitle INT, managerid INT, status INT);
INSERT INTO HrmResource VALUES (25, 'lin', '林静', '1001', '13800000001', NULL, 5, 1, NULL, 1),
    (26, 'wang', '王磊', '1002', NULL, NULL, 6, 1, 25, 5),
    (27, '', '赵敏', '1003', NULL, NULL, 5, 1, 25, 1);
CREATE TABLE HrmResourceManager (id INT, loginid TEXT, lastname TEXT);
INSERT INTO HrmResourceManager VALUES (1, 'sysadmin', '系统管理员');
CREATE TABLE HrmJobTitles (id INT, jobtitlename TEXT);
INSERT INTO HrmJobTitles VALUES (1, '销售代表');
CREATE TABLE HrmSubCompany (id INT, subcompanyname TEXT, supsubcomid INT, canceled CHAR(1));
INSERT INTO HrmSubCompany VALUES (1, '集团', 0, NULL), (2, '华东', 1, NULL);
CREATE TABLE HrmDepartment (id INT, departmentname TEXT, subcompanyid1 INT, supdepid INT,
    canceled CHAR(1));
INSERT INTO HrmDepartment VALUES
    (5, '销售', 2, 0, '0'), (6, '北区', 2, 5, '1'), (7, '总部', 1, 0, NULL);
CREATE TABLE HrmRoles (id INT, rolesmark TEXT);
INSERT INTO HrmRoles VALUES (3, '人事管理员'), (4, '流程管理员');
CREATE TABLE HrmRoleMembers (id INT, roleid INT, resourceid VARCHAR(20), resourcetype INT,
    rolelevel CHAR(1));
INSERT INTO HrmRoleMembers VALUES
    (1, 3, '25', NULL, '1'), (2, 4, '25', 1, '0'), (3, 4, '5', 3, '2');
CREATE TABLE SystemRights (id INT, rightdesc TEXT);
CREATE TABLE SystemRightDetail (id INT, rightdetailname TEXT, rightdetail TEXT, rightid INT);
INSERT INTO SystemRightDetail VALUES (30, '新建人员', 'HrmResourceAdd:Add', 8),
    (31, '流程管理', 'WorkflowManage:All', 9);
CREATE TABLE SystemRightRoles (id INT, rightid INT, roleid INT, rolelevel CHAR(1));
INSERT INTO SystemRightRoles VALUES (1, 8, 3, '1'), (2, 9, 4, '2');
CREATE TABLE workflow_requestbase (requestid INT, creater INT, createdate CHAR(10),
    createtime CHAR(8), currentnodetype CHAR(1), deleted INT);
INSERT INTO workflow_requestbase VALUES (100, 25, '2026-02-01', '09:00:00', '3', NULL),
    (101, 25, '2026-02-01', '09:00:00', '0', 1);
CREATE TABLE workflow_currentoperator (requestid INT, nodeid INT, userid INT, agenttype CHAR(1),
    agentorbyagentid INT);
INSERT INTO workflow_currentoperator VALUES (100, 12, 27, '2', 25);
CREATE TABLE workflow_requestlog (logid INT, requestid INT, nodeid INT, operator INT,
    workflowid INT, logtype CHAR(1), operatedate CHAR(10), operatetime CHAR(8));
INSERT INTO workflow_requestlog VALUES (1, 100, 11, 25, 341, '2', '2026-02-01', '09:00:00'),
    (2, 100, 12, 27, 341, '0', '2026-02-01', '10:00:00');
CREATE TABLE workflow_agent (agentid INT, beagenterid INT, agenterid INT, workflowid INT,
    agenttype CHAR(1), begindate CHAR(10), begintime CHAR(8), enddate CHAR(10), endtime CHAR(8));
INSERT INTO workflow_agent VALUES (1, 25, 27, 341, '1', '2026-01-01', '', '', '');
"""


@pytest.mark.servers
def test_weaver_keeps_levels_administrators_and_agents(mariadb_url: str, tmp_path: Path) -> None:
    mysql(mariadb_url, WEAVER)
    facts = facts_of(tmp_path, MYSQL, ["weaver"], OA_URL=mariadb_url)
    system, asked = resolved(facts)
    assert {a.id: a.is_enabled for a in system.accounts.values()} == {
        "1": True, "25": True, "26": False, "27": False,
    }  # fmt: skip
    assert asked.reach("1", "WorkflowManage:All").is_all
    assert reaches(asked, "25") == {
        "HrmResourceAdd:Add": "5 6 S2",
        "WorkflowManage:All": "5 ?",
    }
    assert (facts.persons["1002"].status, facts.persons["1002"].manager) == (
        PersonStatus.LEFT,
        "1001",
    )
    assert [d.no for d in system.documents] == ["100"]
    (approval,) = system.approvals
    assert (approval.actor, approval.on_behalf_of, approval.is_approved) == (
        Ref("27"), Ref("25"), True,
    )  # fmt: skip
    (lent,) = system.delegations
    assert (lent.of, lent.to, lent.flow, lent.ends_at) == (Ref("25"), Ref("27"), "341", None)
    assert lent.starts_at is not None
    unknown = [m for m in system.memberships if m.member == "type 3: 5"]
    assert len(unknown) == 1


def test_every_preset_is_tried_here() -> None:
    tried = Path(__file__).read_text(encoding="utf-8")
    assert [p.stem for p in sorted(PRESETS.glob("*.yaml")) if f'"{p.stem}"' not in tried] == []
