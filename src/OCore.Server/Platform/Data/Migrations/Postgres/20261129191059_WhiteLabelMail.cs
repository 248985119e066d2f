using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OCore.Platform.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class WhiteLabelMail : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Language",
                table: "Users",
                type: "character varying(8)",
                maxLength: 8,
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "ReportAt",
                table: "BackupSchedules",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReportEvery",
                table: "BackupSchedules",
                type: "character varying(32)",
                maxLength: 32,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReportTo",
                table: "BackupSchedules",
                type: "text",
                nullable: false,
                defaultValue: "[]");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Language",
                table: "Users");

            migrationBuilder.DropColumn(
                name: "ReportAt",
                table: "BackupSchedules");

            migrationBuilder.DropColumn(
                name: "ReportEvery",
                table: "BackupSchedules");

            migrationBuilder.DropColumn(
                name: "ReportTo",
                table: "BackupSchedules");
        }
    }
}
