package contract

// The codes of problems.yaml. A test holds the two together.
const (
	// The request as such.
	CodeBadJSON           Code = "bad_json"
	CodeBadContentType    Code = "bad_content_type"
	CodeBadEncoding       Code = "bad_encoding"
	CodeBodyTooLarge      Code = "body_too_large"
	CodeTooDeep           Code = "too_deep"
	CodeDuplicateKey      Code = "duplicate_key"
	CodeUnknownField      Code = "unknown_field"
	CodeWrongType         Code = "wrong_type"
	CodeMissingField      Code = "missing_field"
	CodeTooLong           Code = "too_long"
	CodeTooShort          Code = "too_short"
	CodeOutOfRange        Code = "out_of_range"
	CodeBadFormat         Code = "bad_format"
	CodeBadEnum           Code = "bad_enum"
	CodeTooMany           Code = "too_many"
	CodeTooFew            Code = "too_few"
	CodeBadText           Code = "bad_text"
	CodeBadKind           Code = "bad_kind"
	CodeBadCursor         Code = "bad_cursor"
	CodeBadSize           Code = "bad_size"
	CodeRepeatedParameter Code = "repeated_parameter"
	CodeUnknownParameter  Code = "unknown_parameter"
	CodeMissingParameter  Code = "missing_parameter"
	CodeSpanTooLong       Code = "span_too_long"
	CodeNotFound          Code = "not_found"
	CodeMethodNotAllowed  Code = "method_not_allowed"
	CodeAppTooOld         Code = "app_too_old"

	// Who is speaking.
	CodeUnauthorized     Code = "unauthorized"
	CodeTokenExpired     Code = "token_expired"
	CodeDPoPInvalid      Code = "dpop_invalid"
	CodeUseDPoPNonce     Code = "use_dpop_nonce"
	CodeDPoPReplayed     Code = "dpop_replayed"
	CodeBadNonce         Code = "bad_nonce"
	CodeSessionEnded     Code = "session_ended"
	CodeRefreshInvalid   Code = "refresh_invalid"
	CodeDeviceRevoked    Code = "device_revoked"
	CodeUnknownDevice    Code = "unknown_device"
	CodeWrongCredentials Code = "wrong_credentials" //nolint:gosec // the name of a problem, no secret
	CodeTooManyTries     Code = "too_many_tries"
	CodeCodeInvalid      Code = "code_invalid"
	CodePinTooSimple     Code = "pin_too_simple"
	CodeForbidden        Code = "forbidden"
	CodeNotYourPost      Code = "not_your_post"
	CodeNoPost           Code = "no_post"
	CodeLeaderOnly       Code = "leader_only"
	CodeOwnAct           Code = "own_act"
	CodeClockOnly        Code = "clock_only"

	// The op and its signature.
	CodeOpIDConflict     Code = "op_id_conflict"
	CodeBadSignature     Code = "bad_signature"
	CodeUnknownSession   Code = "unknown_session"
	CodeSessionNotOpen   Code = "session_not_open"
	CodeDeviceMismatch   Code = "device_mismatch"
	CodeDeviceSeqReused  Code = "device_seq_reused"
	CodeUnknownCentre    Code = "unknown_centre"
	CodeWrongCentre      Code = "wrong_centre"
	CodeUnknownCode      Code = "unknown_code"
	CodeIdentityInText   Code = "identity_in_text"
	CodeUnknownReference Code = "unknown_reference"
	CodeWrongReference   Code = "wrong_reference"
	CodeWrongState       Code = "wrong_state"

	// Times.
	CodeEndedBeforeStarted Code = "ended_before_started"
	CodeInFuture           Code = "in_future"
	CodeTooOld             Code = "too_old"

	// Posts and duty.
	CodePostTaken     Code = "post_taken"
	CodePostEnded     Code = "post_ended"
	CodeWrongRole     Code = "wrong_role"
	CodeAlreadyOnDuty Code = "already_on_duty"
	CodeOffDuty       Code = "off_duty"

	// Beat and squad.
	CodeNotInSquad           Code = "not_in_squad"
	CodeCountsDisagree       Code = "counts_disagree"
	CodeNotBriefed           Code = "not_briefed"
	CodeNotArrived           Code = "not_arrived"
	CodeSetAside             Code = "set_aside"
	CodeGroundRequired       Code = "ground_required"
	CodeOutcomeNotAllowed    Code = "outcome_not_allowed"
	CodeChildNoCard          Code = "child_no_card"
	CodeChildGuardian        Code = "child_guardian"
	CodeChildAgeMismatch     Code = "child_age_mismatch"
	CodeCardNoRequired       Code = "card_no_required"
	CodeCardNoTaken          Code = "card_no_taken"
	CodeNameRequired         Code = "name_required"
	CodeAddressRequired      Code = "address_required"
	CodeAgeRequired          Code = "age_required"
	CodeComplainantRequired  Code = "complainant_required"
	CodePreviousCardRequired Code = "previous_card_required"

	// Tasks.
	CodeTaskTaken   Code = "task_taken"
	CodeTaskClosed  Code = "task_closed"
	CodeNotAssigned Code = "not_assigned"

	// Corrections and held ops.
	CodeSelfCorrection   Code = "self_correction"
	CodeAlreadyCorrected Code = "already_corrected"
	CodeWrongCorrection  Code = "wrong_correction"
	CodeReviewedAlready  Code = "reviewed_already"
	CodeNotHeld          Code = "not_held"

	// The server.
	CodeRateLimited    Code = "rate_limited"
	CodeOverloaded     Code = "overloaded"
	CodeUnknownOutcome Code = "unknown_outcome"
	CodeInternal       Code = "internal"
)
