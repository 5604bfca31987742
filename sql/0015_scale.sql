-- What large organizations ask of the tables: lists of a role or a status in their order, a search that reads no more than its
-- words, and numbers between two times that need no look at the members.
--
-- As in 0001: every statement can be run twice. What is new in old rows is filled in once the triggers keep it (fill_members).

-- Each replaces an index that began as it does, or that nothing asks for any more.
ALTER TABLE tenantd.member
  ADD KEY member_mine (user_id, created_at, org_id, status, role_id),
  ADD KEY member_of_role (org_id, role_id, created_at, user_id, status),
  ADD KEY member_standing (org_id, status, created_at, user_id, role_id),
  DROP KEY member_user,
  DROP KEY member_role,
  DROP KEY member_block;

ALTER TABLE tenantd.member_count
  ADD times VARCHAR(2800) CHARACTER SET ascii COLLATE ascii_bin NULL
            COMMENT 'of block -1: when each of them joined, a comma before each; NULL = not kept, 200 and more are not',
  ADD KEY member_count_role (block, role_name, members);

-- What a search for members looks through, in the order of their lists. words: address and names in lower case, a NUL between.
CREATE TABLE IF NOT EXISTS tenantd.member_text (
  org_id     BINARY(16) NOT NULL,
  created_at BIGINT NOT NULL COMMENT 'the member''s',
  user_id    BINARY(16) NOT NULL,
  role_id    BINARY(16) NOT NULL,
  status     INT NOT NULL,
  words      VARBINARY(12000) NOT NULL,
  PRIMARY KEY (org_id, created_at, user_id)
) ENGINE = InnoDB;

-- What is still to be filled in by a procedure of this name.
CREATE TABLE IF NOT EXISTS tenantd.unfilled (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB;
REPLACE INTO tenantd.unfilled (name) VALUES ('fill_members');
