"""Policy documents as IAM writes them."""

from conducky.policy import Statement, assumed_by, policy, terse_policy


def test_a_policy_is_its_statements_in_their_order() -> None:
    document = policy(Statement("First", ["ecs:ListClusters"], ["*"]), Statement("Second", ["ecs:ListTasks"], ["*"]))
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "First", "Effect": "Allow", "Action": ["ecs:ListClusters"], "Resource": ["*"]},
            {"Sid": "Second", "Effect": "Allow", "Action": ["ecs:ListTasks"], "Resource": ["*"]},
        ],
    }


def test_actions_and_resources_are_sorted_so_that_a_diff_shows_a_change() -> None:
    one = Statement("S", ["b:B", "a:A"], ["arn:2", "arn:1"]).document()
    other = Statement("S", ["a:A", "b:B"], ["arn:1", "arn:2"]).document()
    assert one == other
    assert one["Action"] == ["a:A", "b:B"]


def test_conditions_appear_only_where_there_are_any() -> None:
    conditions = {"StringEquals": {"aws:ResourceTag/Stack": "dev"}}
    assert Statement("S", ["a:A"], ["*"], conditions).document()["Condition"] == conditions
    assert "Condition" not in Statement("S", ["a:A"], ["*"]).document()


def test_a_statement_can_deny() -> None:
    assert Statement("S", ["a:A"], ["*"], effect="Deny").document()["Effect"] == "Deny"


def test_a_role_is_taken_on_by_one_service_of_this_account() -> None:
    assert assumed_by("ecs-tasks.amazonaws.com", "123456789012")["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ]


def test_a_terse_document_says_the_same_in_fewer_statements() -> None:
    only_here = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    document = terse_policy(
        Statement("One", ["a:B"], ["*"]),
        Statement("Here", ["a:C"], ["*"], only_here),
        Statement("Other", ["a:D", "a:B"], ["*"]),
        Statement("Not", ["a:B"], ["*"], effect="Deny"),
    )
    assert document["Statement"] == [
        {"Effect": "Allow", "Action": ["a:B", "a:D"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "a:C",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        },
        {"Effect": "Deny", "Action": "a:B", "Resource": "*"},
    ]
