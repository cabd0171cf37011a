"""A tiny company whose permissions are read: a CRM and an OA of a dozen rows each, as SQLite.

Lin leads sales, Wang and Zhao sell, Chen does the books. Wang has left and is enabled in the CRM.
The role `intern` reaches every customer. Chen's two logins are one human.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.runs.conftest import Company, founded

CRM = """
CREATE TABLE users (id TEXT, login TEXT, staff_no TEXT, name TEXT, phone TEXT, mail TEXT,
    dept TEXT, state TEXT, last_login TEXT);
INSERT INTO users VALUES
    ('u1', 'lin', '1001', '林静', '13800000001', 'lin@example.com', 'd2', 'on', '2026-03-01 09:00'),
    ('u2', 'wang', '1002', '王磊', '13800000002', 'wang@example.com', 'd2', 'on', '2026-02-01'),
    ('u3', 'zhao', NULL, '赵敏', '13800000003', 'zhao@example.com', 'd2', 'on', '2026-03-01 09:00'),
    ('u4', 'chen', '1004', '陈晨', '13800000004', NULL, 'd3', 'on', '2026-03-01 09:00'),
    ('u9', 'job', NULL, NULL, NULL, NULL, NULL, 'on', '2026-03-01 09:00');
CREATE TABLE departments (id TEXT, parent TEXT, name TEXT);
INSERT INTO departments VALUES
    ('d1', NULL, '总部'), ('d2', 'd1', '销售部'), ('d3', 'd1', '财务部');
CREATE TABLE roles (id TEXT, name TEXT, scope TEXT);
INSERT INTO roles VALUES
    ('seller', '销售', '5'), ('leader', '销售主管', '4'), ('intern', '实习', '1'),
    ('admin', '管理员', '1');
CREATE TABLE user_roles (user_id TEXT, role_id TEXT, granted_by TEXT);
INSERT INTO user_roles VALUES
    ('u1', 'leader', 'u9'), ('u2', 'seller', 'u9'), ('u3', 'seller', 'u9'), ('u3', 'intern', 'u9'),
    ('u4', 'admin', 'u9'), ('gone', 'seller', 'u9');
CREATE TABLE role_rights (role_id TEXT, code TEXT);
INSERT INTO role_rights VALUES ('seller', 'crm:customer:view'), ('seller', 'crm:contract:add'),
    ('leader', 'crm:customer:view'), ('leader', 'crm:customer:export'),
    ('intern', 'crm:customer:view'), ('admin', 'crm:user:edit');
CREATE TABLE customers (no TEXT, name TEXT, owner TEXT, dept TEXT, phone TEXT);
INSERT INTO customers VALUES ('C1', '云帆科技', 'u1', 'd2', '13900000001'),
    ('C2', '金石矿业', 'u2', 'd2', '13900000002'), ('C3', '远山物流', 'u3', 'd2', '13900000003');
CREATE TABLE contracts (no TEXT, maker TEXT, customer TEXT, amount TEXT, made_at TEXT);
INSERT INTO contracts VALUES ('H1', 'u3', 'C3', '1000.00', '2026-02-20 10:00'),
    ('H2', 'u4', 'C1', '9000.00', '2026-02-21 10:00');
CREATE TABLE log (id TEXT, who TEXT, what TEXT, at TEXT, thing TEXT, amount TEXT, ip TEXT);
INSERT INTO log VALUES ('l0', 'u1', 'view', '2025-11-01 09:00', 'C1', NULL, '10.0.0.1'),
    ('l1', 'u1', 'export', '2026-02-27 09:00', NULL, '3', '10.0.0.1'),
    ('l2', 'u3', 'view', '2026-02-27 09:30', 'C3', '1', '10.0.0.3');
"""
OA = """
CREATE TABLE staff (no TEXT, name TEXT, state TEXT, dept TEXT, job TEXT, boss TEXT, left_on TEXT,
    phone TEXT, mail TEXT);
INSERT INTO staff VALUES
    ('1001', '林静', '1', 'd2', '销售主管', NULL, NULL, '13800000001', 'lin@example.com'),
    ('1002', '王磊', '0', 'd2', '销售代表', '1001', '2026-02-10', '13800000002', 'wang@a.example'),
    ('1003', '赵敏', '1', 'd2', '销售代表', '1001', NULL, '13800000003', 'zhao@example.com'),
    ('1004', '陈晨', '1', 'd3', '财务', NULL, NULL, '13800000004', 'chen@example.com');
CREATE TABLE users (id TEXT, login TEXT, staff_no TEXT, state TEXT);
INSERT INTO users VALUES ('1', '1001', '1001', 'on'), ('4', '1004', '1004', 'on'),
    ('5', 'chen2', '1004', 'on');
CREATE TABLE user_roles (user_id TEXT, role_id TEXT);
INSERT INTO user_roles VALUES ('1', 'approver'), ('5', 'approver');
CREATE TABLE role_rights (role_id TEXT, code TEXT);
INSERT INTO role_rights VALUES ('approver', 'wf:contract:approve');
CREATE TABLE steps (doc TEXT, step TEXT, who TEXT, result TEXT, at TEXT);
INSERT INTO steps VALUES ('H1', '1', '1', 'yes', '2026-02-22 10:00'),
    ('H2', '1', '5', 'yes', '2026-02-22 11:00');
"""
YAML = """\
version: 1
company: {zh: 云帆装备, en: Yunfan Equipment}
time_zone: Asia/Shanghai
sources:
  crm: {title: {zh: 客户系统, en: CRM}, kind: sqlite, path: crm.sqlite}
  oa: {title: {zh: 办公系统, en: OA}, kind: sqlite, path: oa.sqlite}
entities: {}
permissions:
  systems:
    crm:
      semantics: ruoyi
      functions:
        CUST_VIEW: crm:customer:view
        CUST_EXPORT: crm:customer:export
        CONTRACT_CREATE: crm:contract:add
        USER_ADMIN: crm:user:edit
      actions: {CUST_VIEW: view, CUST_EXPORT: export}
      accounts:
        table: users
        columns: {id: id, login: login, person: staff_no, name: name, mobile: phone, mail: mail,
                  department: dept, enabled: state, last_login: last_login}
        values: {enabled: {"true": "on", "false": "off"}}
      departments: {table: departments, columns: {id: id, parent: parent, name: name}}
      roles:
        table: roles
        columns: {id: id, name: name, scope: scope}
        values: {scope: {all: "1", custom: "2", department: "3", subtree: "4", own: "5"}}
      memberships:
        table: user_roles
        columns: {member: user_id, into: role_id, granted_by: granted_by}
      grants: {table: role_rights, columns: {holder: role_id, permission: code}}
      records:
        table: customers
        columns: {no: no, name: name, owner: owner, department: dept, phone: phone}
        constants: {type: customer}
      documents:
        table: contracts
        columns: {no: no, creator: maker, customer: customer, amount: amount, created_at: made_at}
        constants: {type: contract}
      operations:
        table: log
        columns: {id: id, actor: who, action: what, at: at, object: thing, rows: amount,
                  address: ip}
    oa:
      functions: {CONTRACT_APPROVE: wf:contract:approve}
      persons:
        table: staff
        columns: {no: no, name: name, status: state, department: dept, job: job, manager: boss,
                  left_on: left_on, mobile: phone, mail: mail}
        values: {status: {active: "1", left: "0"}}
      accounts:
        table: users
        columns: {id: id, login: login, person: staff_no, enabled: state}
        values: {enabled: {"true": "on", "false": "off"}}
      memberships: {table: user_roles, columns: {member: user_id, into: role_id}}
      grants: {table: role_rights, columns: {holder: role_id, permission: code}}
      approvals:
        table: steps
        columns: {doc: doc, step: step, actor: who, approved: result, at: at}
        values: {approved: {"true": "yes", "false": "no"}}
"""


def settled(folder: Path) -> Path:
    """Both systems and `governance.yaml` in an empty folder."""
    for name, script in (("crm", CRM), ("oa", OA)):
        with closing(sqlite3.connect(folder / f"{name}.sqlite")) as connection, connection:
            connection.executescript(script)
    path = folder / "governance.yaml"
    path.write_text(YAML, encoding="utf-8")
    return path


def company(at: Path) -> Company:
    """The company with a home; nothing was run yet."""
    folder = at / "company"
    folder.mkdir()
    settled(folder)
    return founded(folder, at / "home")
