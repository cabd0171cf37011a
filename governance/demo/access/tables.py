"""The tables of the demo's CRM and OA that say who may do what, and what was done."""

from __future__ import annotations

from governance.demo.shapes import table

CRM_TABLES = (
    table("crm", "sys_user", "account", """
        login text login
        staff_no text staff
        real_name text name
        mobile text mobile
        mail text mail
        dept_id text dept
        user_type text type
        status text status
        api_token text api
        last_login instant last_login
        created_at instant created
    """),
    table("crm", "sys_dept", "department", """
        dept_id text dept
        parent_id text parent
        dept_name text name
        leader text leader
        status text status
    """),
    table("crm", "sys_role", "role", """
        role_key text key
        role_name text name
        data_scope text scope
        status text status
    """),
    table("crm", "sys_user_role", "membership", """
        user_id integer account
        role_id integer role
        granted_by integer by
        granted_at instant at
    """),
    table("crm", "sys_menu", "permission", """
        perms text code
        menu_name text name
    """),
    table("crm", "sys_role_menu", "grant", """
        role_id integer role
        menu_id integer permission
    """),
    table("crm", "sys_role_dept", "scope_department", """
        role_id integer role
        dept_id text dept
    """),
    table("crm", "sys_field_right", "field_right", """
        role_id integer role
        record_type text record
        field_class text class
        field_access text access
        channel text channel
    """),
    table("crm", "sys_oper_log", "operation", """
        user_name text actor
        title text action
        oper_time instant at
        target text object
        row_count integer rows
        ip text address
    """),
    table("crm", "e_contracts", "e_contract", """
        number text no
        customer_code text customer
        amount money amount
        frame_no text frame
        state text state
        created_by integer creator
        created_at instant created
        updated_at instant updated
    """),
)  # fmt: skip
OA_TABLES = (
    table("oa", "hr_person", "person", """
        gh text no
        xm text name
        zt text status
        bm text dept
        zw text job
        sjgh text manager
        rzrq date hired
        lzrq date left
        sj text mobile
        yx text mail
    """),
    table("oa", "hr_transfer", "move", """
        gh text no
        ybm text before
        xbm text after
        ddsj local at
    """),
    table("oa", "hr_org", "department", """
        bmbh text dept
        sjbm text parent
        bmmc text name
        fzr text leader
        zt text status
    """),
    table("oa", "sys_yh", "account", """
        dlm text login
        gh text staff
        xm text name
        sj text mobile
        yx text mail
        bm text dept
        lx text type
        zt text status
        zhdl local last_login
        cjsj local created
    """),
    table("oa", "sys_js", "role", """
        jsbm text key
        jsmc text name
        sjfw text scope
        zt text status
    """),
    table("oa", "sys_yhjs", "membership", """
        yh integer account
        js integer role
        sqr integer by
        sqsj local at
    """),
    table("oa", "sys_qx", "permission", """
        qxbm text code
        qxmc text name
    """),
    table("oa", "sys_jsqx", "grant", """
        js integer role
        qx integer permission
    """),
    table("oa", "wf_request", "request", """
        djbh text no
        djlx text type
        cjr text creator
        khbh text customer
        je text amount
        kjht text frame
        cjsj local created
    """),
    table("oa", "wf_step", "step", """
        djbh text no
        bz text step
        spr text actor
        wtr text behalf
        jg text result
        spsj local at
        lc text flow
    """),
    table("oa", "wf_agent", "delegation", """
        wtr text giver
        dlr text taker
        kssj local starts
        jssj local ends
        lc text flow
        zt text status
    """),
    table("oa", "wf_flow_log", "flow_edit", """
        lc text flow
        xgr text editor
        xgsj local at
    """),
    table("oa", "sys_czrz", "operation", """
        czr text actor
        cz text action
        czsj local at
        dx text object
        hs integer rows
        ip text address
    """),
)  # fmt: skip
ACCESS_TABLES = (*CRM_TABLES, *OA_TABLES)
